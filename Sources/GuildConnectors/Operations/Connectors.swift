package import GuildDomain

/// One external system as the executors see it.
package protocol OperationPerformer: Sendable {
    /// What stands before the dot in the names of its operations: `github`.
    var prefix: String { get }
    var operations: [Operation] { get }

    /// Performs one operation and gives a small result, the same for the same state of the system.
    ///
    /// - Parameters:
    ///   - action: the identity of a write, its idempotency key; nil for a read.
    ///   - lastTry: the latest instant at which an earlier try can have been sent; nil for the first. What that try has
    ///     done is looked for where the system does not recognise the key.
    /// - Throws: `undecided` while an earlier try that is not there may still be performed.
    func perform(
        _ operation: String, arguments: JSONValue, action: ActionID?, lastTry: Timestamp?
    ) async throws(OperationFailure) -> JSONValue

    /// Whether a call has a place that `confirm` would compare with the event's.
    func hasPlace(_ operation: String, arguments: JSONValue) -> Bool

    /// Refuses a write whose place is no longer what it was in the event that it answers.
    func confirm(_ operation: String, arguments: JSONValue, against event: Event) async throws(OperationFailure)

    /// What the operation is about: writes with one subject are performed in order.
    func subject(of operation: String, arguments: JSONValue) -> String?

    /// The types of the events that the system sends because of the operation: what may come back as its echo.
    func eventTypes(causedBy operation: String) -> [String]

    /// The issue or thread that the operation puts something new on, by one name for each (spec "Caps"); nil for one that
    /// changes only what is there.
    func countedSubject(of operation: String, arguments: JSONValue) -> String?

    /// What a call carries, by the names that policies use.
    func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields
}

extension OperationPerformer {
    package func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields {
        CarriedFields(operation.fields, of: arguments)
    }
}

extension OperationPerformer {
    /// Most systems never give a name of theirs to something else.
    package func hasPlace(_ operation: String, arguments: JSONValue) -> Bool { false }

    /// As above.
    package func confirm(
        _ operation: String, arguments: JSONValue, against event: Event
    ) async throws(OperationFailure) {}
}

/// The connectors of one snapshot: each operation goes to the one that its name begins with.
package struct Connectors: Sendable {
    private let performers: [String: any OperationPerformer]
    /// All operations, in the order of their names.
    package let catalogue: [Operation]

    /// Of two performers with one prefix the first counts.
    package init(_ performers: [any OperationPerformer]) {
        self.performers = Dictionary(performers.map { ($0.prefix, $0) }) { first, _ in first }
        catalogue = OperationCatalogue(self.performers.values.flatMap(\.operations)).operations
    }

    package func performer(of operation: String) -> (any OperationPerformer)? {
        performers[String(operation.prefix { $0 != "." })]
    }

    package func perform(
        _ operation: String, arguments: JSONValue, action: ActionID? = nil, lastTry: Timestamp? = nil
    ) async throws(OperationFailure) -> JSONValue {
        guard let performer = performer(of: operation), catalogue.contains(where: { $0.name == operation }) else {
            throw .unknownOperation(operation, nearest: NearestName.of(operation, in: catalogue.map(\.name)))
        }
        return try await performer.perform(operation, arguments: arguments, action: action, lastTry: lastTry)
    }

    package func hasPlace(_ operation: String, arguments: JSONValue) -> Bool {
        performer(of: operation)?.hasPlace(operation, arguments: arguments) ?? false
    }

    package func confirm(
        _ operation: String, arguments: JSONValue, against event: Event
    ) async throws(OperationFailure) {
        try await performer(of: operation)?.confirm(operation, arguments: arguments, against: event)
    }

    package func subject(of operation: String, arguments: JSONValue) -> String? {
        performer(of: operation)?.subject(of: operation, arguments: arguments)
    }

    package func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields {
        performer(of: operation.name)?.carried(by: operation, arguments: arguments)
            ?? CarriedFields(operation.fields, of: arguments)
    }

    package func eventTypes(causedBy operation: String) -> [String] {
        performer(of: operation)?.eventTypes(causedBy: operation) ?? []
    }

    package func countedSubject(of operation: String, arguments: JSONValue) -> String? {
        performer(of: operation)?.countedSubject(of: operation, arguments: arguments)
            .map { "\(operation.prefix { $0 != "." }):\($0)" }
    }
}
