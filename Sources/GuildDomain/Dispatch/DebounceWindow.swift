/// Many events of one key that become one invocation: it starts when none has come for the window's length, or at the
/// longest wait.
package struct DebounceWindow: Sendable, Hashable {
    /// A trigger's debounce settings, with the key rendered for one event.
    package struct Terms: Sendable, Hashable {
        package var key: String
        package var window: Duration
        package var maxWait: Duration

        package init(key: String, window: Duration, maxWait: Duration) {
            self.key = key
            self.window = window
            self.maxWait = maxWait
        }
    }

    /// The most events that one invocation combines; this one closes the window.
    package static let eventLimit = 1000

    /// Allotted at the first event.
    package let invocation: InvocationID
    package let openedAt: Timestamp
    package private(set) var dueAt: Timestamp
    package let maxAt: Timestamp
    package private(set) var events: Int
    /// The highest of its events'.
    package private(set) var priority: Priority

    package init(
        invocation: InvocationID, openedAt: Timestamp, dueAt: Timestamp, maxAt: Timestamp, events: Int,
        priority: Priority
    ) {
        self.invocation = invocation
        self.openedAt = openedAt
        self.dueAt = dueAt
        self.maxAt = maxAt
        self.events = events
        self.priority = priority
    }

    package init(opening invocation: InvocationID, _ terms: Terms, priority: Priority, at now: Timestamp) {
        let longest = max(terms.window, terms.maxWait)
        self.init(
            invocation: invocation, openedAt: now, dueAt: now + terms.window, maxAt: now + longest, events: 1,
            priority: priority)
    }

    /// The window with one more event. One that is due already is not put off again.
    package func joined(_ terms: Terms, priority: Priority, at now: Timestamp) -> DebounceWindow {
        var joined = self
        joined.events += 1
        joined.priority = min(self.priority, priority)
        if now < dueAt { joined.dueAt = min(max(dueAt, now + terms.window), maxAt) }
        if joined.events >= Self.eventLimit { joined.dueAt = min(joined.dueAt, now) }
        return joined
    }
}
