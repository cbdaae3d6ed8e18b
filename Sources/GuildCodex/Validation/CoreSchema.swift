import GuildDomain

/// Resolves scalars by the core schema of YAML 1.2.2 (section 10.3): `yes`, `on`, `0777` and `12:30` are text.
enum CoreSchema {
    enum Value: Equatable {
        case null
        case bool(Bool)
        case number(JSONNumber)
        case string
    }

    private static let prefix = "tag:yaml.org,2002:"
    static let scalarTags: Set<String> = Set(["", "!"] + ["str", "int", "float", "bool", "null"].map { prefix + $0 })
    static let collectionTags: Set<String> = Set(["", "!"] + ["map", "seq"].map { prefix + $0 })

    static func value(of scalar: YAMLNode.Scalar) -> Value {
        let tag = scalar.tag
        guard tag != YAMLNode.textTag, tag != "!" else { return .string }
        guard tag != YAMLNode.impliedTag || scalar.style == .plain else { return .string }
        return value(of: scalar.string)
    }

    /// Whether nothing is written: `key:`, `~` or `null`.
    static func isNull(_ scalar: YAMLNode.Scalar) -> Bool {
        scalar.string.utf8.count <= longestNullBytes && value(of: scalar) == .null
    }

    private static let longestNullBytes = 4

    private static func value(of text: String) -> Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, text.utf8.count <= maximumDigits,
            (0x30...0x39).contains(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
                || first == UInt8(ascii: ".")
        else { return .string }
        if text.hasPrefix("0x"), let value = Int64(text.dropFirst(2), radix: 16), value >= 0 {
            return .number(JSONNumber(value))
        }
        if text.hasPrefix("0o"), let value = Int64(text.dropFirst(2), radix: 8), value >= 0 {
            return .number(JSONNumber(value))
        }
        var plain = first == UInt8(ascii: "+") ? String(text.dropFirst()) : text
        if plain.hasPrefix(".") { plain = "0" + plain }
        return JSONNumber(plain).map(Value.number) ?? .string
    }

    private static let maximumDigits = 400
}
