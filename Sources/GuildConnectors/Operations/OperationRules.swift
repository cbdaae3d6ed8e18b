package import GuildDomain

/// One operation and the rules of it that need no connection.
package struct OperationRules: Sendable {
    /// As the model and the policies see it.
    package let operation: Operation
    /// The effect of performing it a second time.
    package let repetition: Repetition
    /// The types of the events that the system sends because of it: its possible echoes.
    package let causedEvents: [String]
    /// The issue or thread that a call puts something new on, by one name for each (docs/dispatch.md, "Caps on
    /// actions"); nil for one that changes only what is there.
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

    /// The issue or thread that a call puts something new on; nil for a call that changes only what is there.
    package func countedSubject(of arguments: JSONValue) -> String? { counted(arguments) }
}

/// The effect of performing an operation a second time: whether, and how, a write is retried whose answer was lost.
package enum Repetition: String, Sendable, CaseIterable {
    /// The result is the same.
    case harmless
    /// The system recognises the idempotency key and performs it once.
    case keyed
    /// It would show twice, so guild's mark is searched for first.
    case marked
}
