package import GuildDomain

/// Work that waits for a time, by the component that does it then; nil if there is none.
package struct LaterWork: Sendable, Hashable {
    package struct Share: Sendable, Hashable {
        package let count: Int64
        /// When the first of it is due.
        package let next: Timestamp

        package init(count: Int64, next: Timestamp) {
            self.count = count
            self.next = next
        }
    }

    /// Decisions that wait for a slot at a rate, debounce windows, events.
    package var events: Share?
    package var invocations: Share?
    package var actions: Share?

    package init(events: Share? = nil, invocations: Share? = nil, actions: Share? = nil) {
        self.events = events
        self.invocations = invocations
        self.actions = actions
    }
}
