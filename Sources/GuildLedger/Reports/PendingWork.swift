import GuildDomain

/// Unfinished work that waits for no person and no budget, by the component that does it.
package struct PendingWork: Sendable, Hashable {
    /// For the dispatcher.
    package var events: Bool
    /// For an executor.
    package var invocations: Bool
    /// For an action executor.
    package var actions: Bool

    package init(events: Bool, invocations: Bool, actions: Bool) {
        self.events = events
        self.invocations = invocations
        self.actions = actions
    }
}
