import Yams

extension YAMLNode {
    /// A node as Yams composed it, its aliases counted out.
    init(_ node: Node) {
        let mark = Mark(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        switch node {
        case .scalar(let scalar):
            self = .scalar(
                Scalar(string: scalar.string, tag: scalar.tag.rawValue, style: Style(scalar.style), mark: mark))
        case .sequence(let sequence):
            self = .sequence(Sequence(nodes: sequence.map { Self($0) }, tag: sequence.tag.rawValue, mark: mark))
        case .mapping(let mapping):
            let pairs = mapping.map { Pair(key: Self($0.key), value: Self($0.value)) }
            self = .mapping(Mapping(pairs: pairs, tag: mapping.tag.rawValue, mark: mark))
        case .alias:
            // The parser puts what an alias names in its place.
            self = .scalar(Scalar(string: "", tag: Self.impliedTag, style: .plain, mark: mark))
        }
    }
}

extension YAMLNode.Style {
    fileprivate init(_ style: Node.Scalar.Style) {
        self =
            switch style {
            case .any, .plain: .plain
            case .singleQuoted: .singleQuoted
            case .doubleQuoted: .doubleQuoted
            case .literal: .literal
            case .folded: .folded
            }
    }
}
