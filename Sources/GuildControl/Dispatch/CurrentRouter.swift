import GuildCodex
import Synchronization

/// The router of the accepted snapshot, compiled once for each.
final class CurrentRouter: Sendable {
    private let latest = Mutex<Router?>(nil)

    func router(for snapshot: CodexSnapshot) -> Router {
        latest.withLock { latest in
            if let known = latest, known.commit == snapshot.commit { return known }
            let router = Router(snapshot)
            latest = router
            return router
        }
    }
}
