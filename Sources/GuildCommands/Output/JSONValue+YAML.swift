import GuildDomain
import Yams

extension JSONValue {
    /// The value as a YAML document that readers of YAML 1.1 (PyYAML, Ruby's Psych) and 1.2 understand alike.
    func yamlText() throws -> String { try Yams.serialize(node: yamlNode, width: -1, allowUnicode: true) }

    private var yamlNode: Node {
        switch self {
        case .null: Node("null", Tag(.null))
        case .bool(let flag): Node(flag ? "true" : "false", Tag(.bool))
        case .number(let number): Node(number.yamlText, Tag(number.integer == nil ? .float : .int))
        case .string(let text): Self.yamlNode(of: text)
        case .array(let elements): .sequence(Node.Sequence(elements.map(\.yamlNode), Tag(.seq)))
        case .object(let object):
            .mapping(Node.Mapping(object.members.map { (Self.yamlNode(of: $0.key), $0.value.yamlNode) }, Tag(.map)))
        }
    }

    /// Words that some version of YAML reads as something else than a text.
    private static let yamlWords: Set = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// Escaped characters require double quotes, and so does what a reader of YAML 1.1 or 1.2 would take for something
    /// else than a text: a number, a time, a word, a merge key.
    private static func yamlNode(of text: String) -> Node {
        let isFit = text.unicodeScalars.allSatisfy { $0 == "\n" || !ScreenText.isUnfit($0) }
        let isText = text.first?.isLetter == true && !yamlWords.contains(text.lowercased())
        return isFit && isText ? Node(text, Tag(.str)) : Node(text, Tag(.str), .doubleQuoted)
    }
}

extension JSONNumber {
    /// `1e3` as `1.0e+3`: to YAML 1.1 a number with an exponent is a text unless it has a point, and a sign before the
    /// exponent.
    fileprivate var yamlText: String {
        let parts = description.split(whereSeparator: { $0 == "e" || $0 == "E" })
        guard parts.count == 2 else { return description }
        let point = parts[0].contains(".") ? "" : ".0"
        let sign = parts[1].first == "+" || parts[1].first == "-" ? "" : "+"
        return "\(parts[0])\(point)e\(sign)\(parts[1])"
    }
}
