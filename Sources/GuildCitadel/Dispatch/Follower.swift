import GuildDomain
import GuildLedger
import Synchronization

/// The worker of the process that follows events, for whoever asks it to stop.
final class Follower: Sendable {
    private let state = Mutex<WorkerID?>(nil)

    /// Nil until somebody follows.
    var worker: WorkerID? { state.withLock { $0 } }

    func set(_ worker: Worker) { state.withLock { $0 = worker.id } }
}
