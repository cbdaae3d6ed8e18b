import Synchronization

/// Tells the follower of a run that somebody wants to stop waiting.
package final class StopWish: Sendable {
    private let first = Mutex<Int32?>(nil)

    /// Not raised.
    package init() {}

    /// The number of the signal that asked first; nil if none did.
    package var signal: Int32? { first.withLock { $0 } }

    /// Raises the wish, with the signal that caused it; the first one counts.
    package func raise(_ signal: Int32) { first.withLock { $0 = $0 ?? signal } }
}
