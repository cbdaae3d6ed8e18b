/// Whether an event may be decided at once: one that our own writes may have caused waits until our identity is known.
package enum EventHold: Sendable, Hashable {
    case none
    /// Our identity is known; only earlier events may still be held.
    case behindOthers
    case untilIdentityIsKnown

    /// After so long it is decided as blocked.
    package static let longest = Duration.seconds(24 * 3600)
}
