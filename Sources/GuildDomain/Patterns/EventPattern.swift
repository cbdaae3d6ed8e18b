/// A condition on a JSON document in the pattern language of Amazon EventBridge (docs/dispatch.md, "Rules"): fields that
/// must all match, each with a list of accepted values of which any may.
///
/// Semantics follow aws/event-ruler: arrays are looked through, conditions on one array of objects hold for one element
/// together, `$or` is expanded, so that a pattern is a list of alternatives.
package struct EventPattern: Sendable, Hashable {
    /// How large a pattern may be; past it, parsing fails.
    package enum Limit {
        /// Steps of a path, and mappings within each other.
        package static let depth = 32
        /// The most fields of a pattern.
        package static let fields = 256
        /// Accepted values of all fields together.
        package static let values = 4096
        /// UTF-8 bytes of one value.
        package static let valueBytes = 1024
        /// `*` in one `wildcard` value.
        package static let wildcards = 4
        /// The product of all `$or` choices.
        package static let alternatives = 1000
        /// Fields of all alternatives together.
        package static let expandedFields = 20_000
    }

    /// Where and why a pattern was refused.
    package struct Problem: GuildError, Equatable {
        /// The dotted path to the place, beginning with the path that the caller gave.
        package let path: String
        /// What is wrong there.
        package let reason: String
        /// The operator that was probably meant.
        package let suggestion: String?

        package var kind: ErrorKind { .invalidCodex }
        package var message: String { path.isEmpty ? "the pattern \(reason)" : "\(path): \(reason)" }
        package var hint: String? { suggestion.map { "did you mean '\($0)'?" } }
    }

    /// A field and its required value.
    package struct Field: Sendable, Hashable {
        /// The keys that lead to it.
        package let path: [String]
        /// The value must pass one of these; when there are none, the field must be absent.
        package let tests: [ValueTest]
        /// The accepted values in words, of the whole list that stood in the pattern.
        package let expected: String

        /// Whether the field must be absent.
        package var wantsAbsence: Bool { tests.isEmpty }
    }

    /// One way in which the pattern can hold: all its fields do.
    package struct Alternative: Sendable, Hashable {
        /// The fields that must all hold.
        package let fields: [Field]
        let tree: PatternTree

        init(fields: [Field]) {
            self.fields = fields
            tree = PatternTree(fields)
        }
    }

    /// Any of these makes the pattern hold; there is at least one.
    package let alternatives: [Alternative]

    /// - Parameters:
    ///   - json: the mapping of fields.
    ///   - path: the pattern's place in its document; problems begin with it.
    package init(parsing json: JSONValue, at path: String = "") throws(Problem) {
        var parser = EventPatternParser()
        alternatives = try parser.alternatives(of: json, at: path).map(Alternative.init)
    }
}
