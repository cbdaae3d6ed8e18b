import GuildDomain

/// The facts that determine an agent's status.
package struct AgentStanding: Sendable, Hashable {
    package var isPaused = false
    package var hasUnfinished = false
    /// Of those that ended last, no further than to `Ledger.standingOutcomes`.
    package var consecutiveFailures = 0

    package init() {}
}
