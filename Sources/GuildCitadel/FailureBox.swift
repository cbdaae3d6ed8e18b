import GuildDomain
import Synchronization

/// The failure that an invocation of this process ended with, handed from the executor to whoever waits for the end.
final class FailureBox: Sendable {
    private let failure = Mutex<Failure?>(nil)

    func set(_ failure: Failure?) { self.failure.withLock { $0 = failure } }
    func get() -> Failure? { failure.withLock { $0 } }
}
