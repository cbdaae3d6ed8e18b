package import GuildDomain
import Synchronization

/// The failure that something in this process ended with, handed to whoever waits for the end.
package final class FailureBox: Sendable {
    private let failure = Mutex<Failure?>(nil)

    package init() {}

    package func set(_ failure: Failure?) { self.failure.withLock { $0 = failure } }
    package func get() -> Failure? { failure.withLock { $0 } }
}
