package import GuildDomain

/// One operation and the rules of it that need no connection.
package struct OperationRules: Sendable {
    /// As the model and the policies see it.
    package let operation: Operation
    package let repetition: Repetition
    /// The types of the events that the system sends because of it: what may come back as its echo.
    package let causedEvents: [String]
    /// The issue or thread that a call puts something new on, by one name for each (docs/dispatch.md, "Caps on actions"); nil for one
    /// that changes only what is there.
    private let counted: @Sendable (JSONValue) -> String?

    package init(
        _ operation: Operation, repetition: Repetition, causedEvents: [String] = [],
        countedSubject: @escaping @Sendable (JSONValue) -> String? = { _ in nil }
    ) {
        self.operation = operation
        self.repetition = repetition
        self.causedEvents = causedEvents
        counted = countedSubject
    }

    package func countedSubject(of arguments: JSONValue) -> String? { counted(arguments) }
}

/// What performing an operation a second time does: whether, and how, a write is tried again whose answer was lost.
package enum Repetition: String, Sendable, CaseIterable {
    /// It ends the same.
    case harmless
    /// The system recognises the idempotency key and does it once.
    case keyed
    /// It would show twice, so our mark is looked for first.
    case marked
}
