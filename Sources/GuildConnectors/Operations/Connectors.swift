package import GuildDomain

/// The connectors of one snapshot: each operation goes to the system that its name begins with.
package struct Connectors: Sendable {
    /// One system as a snapshot sets it up.
    package struct Member: Sendable {
        /// The system's name.
        package let system: String
        /// The system's operations and their rules.
        package let connector: any Connector
        /// The failure of each of its operations, if it cannot be set up.
        package let performer: Result<any OperationPerformer, OperationFailure>

        package init(
            system: String, connector: any Connector, performer: Result<any OperationPerformer, OperationFailure>
        ) {
            self.system = system
            self.connector = connector
            self.performer = performer
        }
    }

    private let members: [String: Member]
    private let rules: [String: OperationRules]
    /// All operations, in the order of their names.
    package let catalogue: [Operation]

    /// Of two members with one system the first counts.
    package init(_ members: [Member]) {
        self.members = Dictionary(members.map { ($0.system, $0) }) { first, _ in first }
        let rules = self.members.values.flatMap(\.connector.operations)
        self.rules = Dictionary(rules.map { ($0.operation.name, $0) }) { first, _ in first }
        catalogue = OperationCatalogue(rules.map(\.operation)).operations
    }

    /// Performs an operation by the connection to its system.
    package func perform(
        _ operation: String, arguments: JSONValue, action: ActionID? = nil, lastTry: Timestamp? = nil
    ) async throws(OperationFailure) -> JSONValue {
        guard rules[operation] != nil, let member = member(of: operation) else {
            throw .unknownOperation(operation, nearest: NearestName.of(operation, in: catalogue.map(\.name)))
        }
        return try await member.performer.get()
            .perform(operation, arguments: arguments, action: action, lastTry: lastTry)
    }

    /// Whether `confirm` would compare a place in this call with the event's.
    package func hasPlace(_ operation: String, arguments: JSONValue) -> Bool {
        guard let member = member(of: operation), case .success = member.performer else { return false }
        return member.connector.hasPlace(operation, arguments: arguments)
    }

    /// Refuses a write whose place has changed since the event that it answers.
    package func confirm(
        _ operation: String, arguments: JSONValue, against event: Event
    ) async throws(OperationFailure) {
        guard let member = member(of: operation), case .success(let performer) = member.performer else { return }
        try await performer.confirm(operation, arguments: arguments, against: event)
    }

    /// The subject of an operation, in its system's canonical spelling.
    package func subject(of operation: String, arguments: JSONValue) -> String? {
        member(of: operation)?.connector.subject(of: operation, arguments: arguments)
    }

    /// The fields that a call carries, by the names that policies use.
    package func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields {
        member(of: operation.name)?.connector.carried(by: operation, arguments: arguments)
            ?? CarriedFields(operation.fields, of: arguments)
    }

    /// The types of the events that the system sends because of the operation.
    package func eventTypes(causedBy operation: String) -> [String] { rules[operation]?.causedEvents ?? [] }

    /// The issue or thread that the operation puts something new on, by one name for each; nil for one that changes only
    /// what is there.
    package func countedSubject(of operation: String, arguments: JSONValue) -> String? {
        guard let rules = rules[operation] else { return nil }
        return rules.countedSubject(of: arguments).map { "\(rules.operation.connector):\($0)" }
    }

    /// The system that the operation's name begins with.
    private func member(of operation: String) -> Member? { members[String(operation.prefix { $0 != "." })] }
}
