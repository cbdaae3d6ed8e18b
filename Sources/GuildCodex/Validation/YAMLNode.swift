/// One node of a YAML document: what the text says and where, nothing resolved.
enum YAMLNode: Sendable, Equatable {
    case scalar(Scalar)
    case sequence(Sequence)
    case mapping(Mapping)

    /// Where a node begins; both count from 1, columns in Unicode scalars.
    struct Mark: Sendable, Equatable {
        let line: Int
        let column: Int
    }

    /// How a scalar is written.
    enum Style: Sendable, Equatable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    struct Scalar: Sendable, Equatable {
        let string: String
        /// As written, resolved against its handle; `impliedTag` if none is, and that of text for what is quoted.
        let tag: String
        let style: Style
        let mark: Mark
    }

    struct Sequence: Sendable, Equatable {
        let nodes: [YAMLNode]
        let tag: String
        let mark: Mark
    }

    struct Mapping: Sendable, Equatable {
        let pairs: [Pair]
        let tag: String
        let mark: Mark
    }

    struct Pair: Sendable, Equatable {
        let key: YAMLNode
        let value: YAMLNode

        var hasTextKey: Bool { if case .scalar = key { true } else { false } }

        /// The text of the key; empty if it is none.
        var name: String { if case .scalar(let scalar) = key { scalar.string } else { "" } }

        func isNamed(_ name: String) -> Bool {
            if case .scalar(let scalar) = key { scalar.string == name } else { false }
        }
    }

    static let impliedTag = ""
    static let textTag = "tag:yaml.org,2002:str"

    var mark: Mark {
        switch self {
        case .scalar(let scalar): scalar.mark
        case .sequence(let sequence): sequence.mark
        case .mapping(let mapping): mapping.mark
        }
    }
}
