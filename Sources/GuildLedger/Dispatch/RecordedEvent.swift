package import GuildDomain

/// A past event with its final decisions.
package struct RecordedEvent: Sendable, Hashable {
    package struct Outcome: Sendable, Hashable {
        package let agent: String
        package let outcome: String
        /// False while it waits for a window or a slot.
        package let isFinal: Bool
    }

    package let seq: Int64
    package let receivedAt: Timestamp
    package let event: Event
    /// Retention has erased its content; it can be counted, not decided.
    package let isErased: Bool
    /// Its content cannot be read; it can be counted, not decided.
    package let isDamaged: Bool
    package let outcomes: [Outcome]
}
