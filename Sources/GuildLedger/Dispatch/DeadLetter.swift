package import GuildDomain

/// An invocation that failed for good, with its event, journal, cost and reason.
package struct DeadLetter: Sendable, Hashable {
    package let invocation: Invocation
    /// `issues.opened`
    package let eventType: String
    package let subject: String?
    /// The number of answered turns; a retry continues after them.
    package let answeredTurns: Int
    /// Whether its content was erased, and so the reason why it failed; it cannot be retried.
    package let isErased: Bool
}
