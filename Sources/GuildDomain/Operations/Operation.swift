/// Something an agent can ask for: a tool by the model's name for it, an operation by ours.
package struct Operation: Sendable, Hashable {
    /// Whether an operation changes anything.
    package enum Effect: String, Sendable {
        /// Runs inline in the executor.
        case read
        /// Requested on the bus; the action executor performs it.
        case write
    }

    /// `SYSTEM.create_comment`: the connector, a dot, the operation.
    package let name: String
    /// What the operation does, for models and people.
    package let summary: String
    /// Whether it changes anything.
    package let effect: Effect
    /// A JSON Schema that the arguments must satisfy.
    package let schema: JSONValue
    /// The policy fields of the arguments, and how the system compares them.
    package let fields: [OperationField]
    /// Which of the arguments say where it reads or writes.
    package let reach: OperationReach

    package init(
        name: String, summary: String, effect: Effect, schema: JSONValue, fields: [OperationField] = [],
        reach: OperationReach = .unstated
    ) {
        self.name = name
        self.summary = summary
        self.effect = effect
        self.schema = schema
        self.fields = fields
        self.reach = reach
    }

    /// The system part of the name.
    package var connector: String { String(name.prefix { $0 != "." }) }
}

/// Operations, to be found by name: every one of this build, or those of one agent.
package struct OperationCatalogue: Sendable {
    /// In a stable order, for the providers' prompt caches.
    package let operations: [Operation]

    package init(_ operations: [Operation]) { self.operations = operations.sorted { $0.name < $1.name } }

    /// The operation of that name.
    package subscript(name: String) -> Operation? { operations.first { $0.name == name } }

    /// The systems that have containers, by name.
    package var systems: [String] { Set(operations.filter { $0.reach.form != nil }.map(\.connector)).sorted() }

    /// How a system spells its containers; none if it has none.
    package func forms(in system: String) -> [ContainerForm] {
        Array(Set(operations.filter { $0.connector == system.lowercased() }.compactMap(\.reach.form)))
    }
}

/// How far an agent may go with a tool on its own.
package enum Autonomy: Int, Sendable, Comparable {
    case deny = 0
    case approve = 1
    case notify = 2
    case act = 3

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
