/// The person or account that caused an event.
package struct EventSender: Sendable, Hashable {
    /// The system and the sender's immutable id there: `SYSTEM/583231`.
    package var id: String
    /// Whether the event is of a kind that anyone with an account can cause, and nothing in it shows that this one
    /// belongs to whom it is about.
    package var isOutsider: Bool

    /// In the place of an id that the payload does not give.
    package static let unknownID = "unknown"

    package init(id: String, isOutsider: Bool) {
        self.id = id
        self.isOutsider = isOutsider
    }
}
