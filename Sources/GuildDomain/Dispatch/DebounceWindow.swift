/// Many events of one key that become one invocation: it starts when none has come for the window's length, or at the
/// longest wait.
package struct DebounceWindow: Sendable, Hashable {
    /// A trigger's debounce settings, with the key rendered for one event.
    package struct Terms: Sendable, Hashable {
        /// The rendered key.
        package var key: String
        /// The quiet time after which the window closes.
        package var window: Duration
        /// The longest time that the window stays open.
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
    /// When the first event came.
    package let openedAt: Timestamp
    /// When the window closes unless another event comes.
    package private(set) var dueAt: Timestamp
    /// When the window closes at the latest.
    package let maxAt: Timestamp
    /// The number of events so far.
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

    /// A window that opens with its first event.
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
