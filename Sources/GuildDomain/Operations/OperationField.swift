/// The name that policies use for a value of an operation, whichever argument carries it.
package struct OperationField: Sendable, Hashable {
    /// The canonical name, the same for all operations: `labels`, even if the argument is `label`.
    package let name: String
    /// The argument that holds it; nil if it is derived from others, as `mentions` are from texts.
    package let argument: String?
    /// The names that other operations use. A condition may use these too, for every operation.
    package let aliases: [String]
    /// How the system compares values of the field.
    package let comparison: FieldComparison

    package init(
        _ name: String, argument: String?, aliases: [String] = [], comparison: FieldComparison = .caseless
    ) {
        self.name = name
        self.argument = argument
        self.aliases = aliases
        self.comparison = comparison
    }

    /// Each name that a condition may give it.
    package var names: [String] { [name] + aliases + [argument].compactMap { $0 == name ? nil : $0 } }
}
