import GuildLedger
import Synchronization

/// Requests to check for a newer commit. Many become one: only the ref's state at that time counts.
final class ReloadRequests: Sendable {
    let wishes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let isForced = Mutex(false)
    /// Raised to fetch the remote immediately.
    let remote = Signal()

    init() {
        (wishes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter isForced: look at it even if it is the commit that was looked at last.
    func ask(isForced: Bool = false) {
        if isForced { self.isForced.withLock { $0 = true } }
        continuation.yield()
    }

    /// Whether anybody forced it since the last call.
    func takeForced() -> Bool {
        isForced.withLock { forced in
            defer { forced = false }
            return forced
        }
    }
}
