import GuildDomain

/// The arguments of an operation, each checked once more: what becomes part of a URL must not be able to change it.
struct GitHubArguments {
    let operation: String
    let values: JSONValue

    /// `/repos/OWNER/REPO`.
    func repository() throws(OperationFailure) -> String {
        let text = try text("repository", longest: 140)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard GitHubContainment.form.canonical(text) != nil, parts.count == 2, Self.isOwner(parts[0]),
            Self.isRepository(parts[1])
        else {
            throw invalid("'repository' must be OWNER/REPO")
        }
        return "/repos/\(PercentEncoding.segment(parts[0]))/\(PercentEncoding.segment(parts[1]))"
    }

    func number(_ name: String = "number") throws(OperationFailure) -> Int64 {
        guard let number = values[name]?.integer, number > 0 else {
            throw invalid("'\(name)' must be a whole number from 1")
        }
        return number
    }

    func optionalNumber(_ name: String) throws(OperationFailure) -> Int64? {
        values[name] == nil ? nil : try number(name)
    }

    func text(_ name: String, longest: Int64) throws(OperationFailure) -> String {
        guard let text = try optionalText(name, longest: longest) else { throw invalid("'\(name)' is missing") }
        return text
    }

    func optionalText(_ name: String, longest: Int64) throws(OperationFailure) -> String? {
        guard let value = values[name] else { return nil }
        guard let text = value.string, !text.isEmpty, text.unicodeScalars.count <= longest else {
            throw invalid("'\(name)' must be a text of 1 to \(longest) characters")
        }
        return text
    }

    /// A full SHA-1 or SHA-256 in hexadecimal.
    func commit() throws(OperationFailure) -> String {
        let sha = try text("sha", longest: 64)
        guard sha.utf8.count == 40 || sha.utf8.count == 64, sha.utf8.allSatisfy({ PercentEncoding.hexDigit($0) != nil })
        else { throw invalid("'sha' must be a commit's 40 or 64 hexadecimal digits") }
        return sha
    }

    func strings(_ name: String, longest: Int64) throws(OperationFailure) -> [JSONValue] {
        guard let elements = values[name]?.array, elements.count <= GitHubLimit.listItems,
            elements.allSatisfy({ 1...longest ~= Int64($0.string?.unicodeScalars.count ?? 0) })
        else {
            throw invalid(
                "'\(name)' must be a list of at most \(GitHubLimit.listItems) texts of 1 to \(longest) characters")
        }
        return elements
    }

    func optionalStrings(_ name: String, longest: Int64) throws(OperationFailure) -> [JSONValue]? {
        values[name] == nil ? nil : try strings(name, longest: longest)
    }

    func invalid(_ reason: String) -> OperationFailure { .invalidArguments("\(operation): \(reason)") }

    private static func isOwner(_ text: Substring) -> Bool {
        (1...39).contains(text.utf8.count) && text.first != "-" && text.utf8.allSatisfy { isNameByte($0) && $0 != 0x2E }
    }

    private static func isRepository(_ text: Substring) -> Bool {
        (1...100).contains(text.utf8.count) && text != "." && text != ".." && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
