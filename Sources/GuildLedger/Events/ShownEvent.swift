package import GuildDomain

/// An event as a person is shown it: damage hides only the part that is damaged.
package struct ShownEvent: Sendable {
    /// The event; its payload is empty if it is damaged or erased.
    package var event: Event
    /// When its content was erased; nil if it was not.
    package let erasedAt: Timestamp?
    /// The parts of it that cannot be read, for people.
    package var damage: [String]
}
