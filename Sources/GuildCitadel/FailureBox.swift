package import GuildDomain
import Synchronization

/// The failure with which a part of this process ended, handed to the caller that waits for the end.
package final class FailureBox: Sendable {
    private let failure = Mutex<Failure?>(nil)

    /// Empty.
    package init() {}

    /// Stores the failure.
    package func set(_ failure: Failure?) { self.failure.withLock { $0 = failure } }
    /// The stored failure; nil if there is none.
    package func get() -> Failure? { failure.withLock { $0 } }
}
