import GuildDomain

/// Words that YAML 1.1 read as booleans; YAML 1.2, which manifests follow, has only `true` and `false`
/// (https://yaml.org/type/bool.html).
enum OldBoolean {
    private static let longestBytes = 3

    /// The boolean that YAML 1.1 read; nil if the word is text in both.
    static func value(of text: String) -> Bool? {
        // Every text of a codex comes here.
        guard text.utf8.count <= longestBytes else { return nil }
        return switch text.lowercased() {
        case "yes", "on", "y": true
        case "no", "off", "n": false
        default: nil
        }
    }
}

extension NodeReader {
    /// Says how a word is read that looks like a boolean and is not one.
    func warnOfOldBoolean() {
        guard case .scalar(let scalar) = node, scalar.style == .plain, scalar.tag == YAMLNode.impliedTag,
            let boolean = OldBoolean.value(of: scalar.string)
        else { return }
        problem(
            "\(quoted(scalar.string)) is read as text, not as \(boolean)",
            expected: "\"\(scalar.string)\" in quotes, or \(boolean)", severity: .warning)
    }
}
