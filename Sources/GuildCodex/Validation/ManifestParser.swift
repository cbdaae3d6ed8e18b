import GuildDomain
import Yams

/// Turns one file into YAML documents, within limits that also hold for hostile text.
///
/// Yams composes recursively and resolves an alias to the whole node it names, so text that could nest or multiply
/// beyond bounds is refused before it is composed; the rest is bounded again while it is walked.
struct ManifestParser {
    enum Limit {
        static let fileBytes = 1 << 20
        static let documents = 200
        /// Anchors, and aliases, of a file that uses any: 36 aliases multiply to at most half a million nodes.
        static let anchors = 36
        /// Open brackets, and columns of indentation, of a file with anchors.
        static let aliasedBrackets = 32
        static let aliasedIndentation = 64
        /// Duplicate keys repaired in order to read on.
        static let repairs = 16
    }

    private let file: String
    private let findings: Findings

    static func documents(of file: CodexFile, findings: Findings) -> [NodeReader] {
        ManifestParser(file: file.path, findings: findings).documents(file.bytes)
    }

    private init(file: String, findings: Findings) {
        self.file = file
        self.findings = findings
    }

    /// The mark that some editors put before the first line (YAML 1.2, section 5.2); it has no meaning and no column.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private func documents(_ whole: [UInt8]) -> [NodeReader] {
        let bytes = whole.starts(with: Self.byteOrderMark) ? Array(whole.dropFirst(Self.byteOrderMark.count)) : whole
        guard bytes.count <= Limit.fileBytes else {
            report(1, 1, "a file of \(bytes.count) bytes", expected: "at most \(Limit.fileBytes) bytes")
            return []
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            report(1, 1, "text that is not UTF-8")
            return []
        }
        let scope = DocumentScope(file: file, findings: findings)
        if let node = PlainYAML.document(of: bytes) { return [NodeReader(node: node, path: .root, scope: scope)] }
        guard isBounded(bytes) else { return [] }
        while true {
            do {
                return try compose(text, scope)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let key = keys.first, scope.repairs.count < Limit.repairs,
                    let repaired = repair(text, key, at: context.mark, scope)
                else {
                    report(context.mark.line, context.mark.column, "duplicate key \(quoted(keys.first ?? ""))")
                    return []
                }
                text = repaired
            } catch let error as YamlError {
                report(error)
                return []
            } catch {
                report(1, 1, "not YAML")
                return []
            }
        }
    }

    private func compose(_ text: String, _ scope: DocumentScope) throws -> [NodeReader] {
        // The basic resolver has no rules: scalars are resolved here, by YAML 1.2's core schema.
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        var documents: [NodeReader] = []
        while let node = try parser.nextRoot() {
            guard documents.count < Limit.documents else {
                report(node.mark?.line ?? 1, 1, "more than \(Limit.documents) documents in one file")
                break
            }
            let reader = NodeReader(node: YAMLNode(node), path: .root, scope: scope)
            if !reader.isNull { documents.append(reader) }
        }
        return documents
    }

    /// Renames the first of two equal keys, scalar for scalar so that no position moves; the reader then meets the
    /// marked key beside its double and reports it with its path.
    private func repair(_ text: String, _ key: String, at mark: Mark, _ scope: DocumentScope) -> String? {
        guard let marker = Unicode.Scalar(DocumentScope.firstMarker + UInt32(scope.repairs.count)) else { return nil }
        var scalars = Array(text.unicodeScalars)
        var start = 0
        for _ in 1..<max(1, mark.line) {
            guard let end = scalars[start...].firstIndex(of: "\n") else { return nil }
            start = end + 1
        }
        start += mark.column - 1
        if start < scalars.count, scalars[start] == "\"" || scalars[start] == "'" { start += 1 }
        guard !key.isEmpty, scalars[start...].starts(with: key.unicodeScalars) else { return nil }
        scalars[start] = marker
        scope.repairs[marker] = DocumentScope.Repair(key: key, line: mark.line)
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Whether composing the text stays within bounds. It errs on the safe side: text that only looks like an anchor
    /// counts.
    private func isBounded(_ bytes: [UInt8]) -> Bool {
        var anchors = 0
        var aliases = 0
        var brackets = 0
        var deepest = 0
        var indentation = 0
        var column = 0
        var isLeading = true
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                column = 0
                isLeading = true
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"): column += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                brackets += 1
                deepest = max(deepest, brackets)
                if isLeading { indentation = max(indentation, column) }
                isLeading = false
            default:
                if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { brackets = max(0, brackets - 1) }
                if startsToken(bytes, at: index) {
                    if byte == UInt8(ascii: "&") { anchors += 1 }
                    if byte == UInt8(ascii: "*") { aliases += 1 }
                }
                if isLeading { indentation = max(indentation, column) }
                isLeading = false
            }
        }
        guard anchors > 0 else { return true }
        if anchors <= Limit.anchors, aliases <= Limit.anchors, deepest <= Limit.aliasedBrackets,
            indentation <= Limit.aliasedIndentation
        {
            return true
        }
        if max(anchors, aliases) > Limit.anchors {
            report(
                1, 1, "\(anchors) anchors and \(aliases) aliases",
                expected: "at most \(Limit.anchors) of each in a file; write the values out")
        } else {
            report(
                1, 1, "anchors in a file with \(deepest) open brackets and \(indentation) columns of indentation",
                expected: "at most \(Limit.aliasedBrackets) and \(Limit.aliasedIndentation); write the values out")
        }
        return false
    }

    private func startsToken(_ bytes: [UInt8], at index: Int) -> Bool {
        guard index + 1 < bytes.count, bytes[index + 1] > 0x20 else { return false }
        guard index > 0 else { return true }
        let previous = bytes[index - 1]
        return previous <= 0x20 || [0x5B, 0x7B, 0x2C, 0x3A, 0x2D, 0x3F].contains(previous)
    }

    private func report(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, let yaml), .parser(_, let problem, let mark, let yaml),
            .composer(_, let problem, let mark, let yaml):
            let line = yaml.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(mark.line - 1).first
            let isTab = line?.unicodeScalars.dropFirst(mark.column - 1).first == "\t"
            report(
                mark.line, mark.column, isTab ? "a tab in the indentation" : "not YAML: \(problem)",
                expected: isTab ? "spaces" : nil)
        case .reader(let problem, _, _, _): report(1, 1, "not YAML: \(problem)")
        default: report(1, 1, "not YAML")
        }
    }

    private func report(_ line: Int, _ column: Int, _ found: String, expected: String? = nil) {
        let location = SourceLocation(file: file, line: line, column: column)
        findings.add(Problem(.error, at: location, found: found, expected: expected))
    }
}

/// State that the readers of one file share.
final class DocumentScope {
    struct Repair {
        let key: String
        let line: Int
    }

    let file: String
    let findings: Findings
    /// Keys that were renamed because they stood twice, by the private-use scalar that marks them.
    var repairs: [Unicode.Scalar: Repair] = [:]
    /// Nodes that may still be visited: aliases can name one node very often.
    private var visitsLeft = 200_000

    static let firstMarker: UInt32 = 0xE000

    init(file: String, findings: Findings) {
        self.file = file
        self.findings = findings
    }

    /// As so many visits; false, and none of them counted, if not so many are left.
    func visit(_ count: Int) -> Bool {
        guard visitsLeft > count else { return false }
        visitsLeft -= count
        return true
    }

    func visit() -> Bool {
        guard visitsLeft > 0 else { return false }
        visitsLeft -= 1
        if visitsLeft == 0 {
            findings.add(Problem(.error, at: SourceLocation(file: file), found: "too many nodes with aliases expanded"))
        }
        return true
    }
}

/// A value as a message shows it: in quotes, short, and not at all if it may be a secret.
func quoted(_ text: String) -> String {
    guard !SecretShape.matches(text) else { return "a value" }
    return "'\(ScreenText.shortened(text, to: 60))'"
}

/// Recognises the shapes of well-known credentials.
enum SecretShape {
    private static let prefixes = [
        "sk-ant-", "sk-proj-", "ghp_", "gho_", "ghs_", "ghu_", "glpat-", "xoxb-", "xoxp-", "xapp-",
        "AKIA", "AIza", "hvs.", "-----BEGIN ", "whsec_", "sk_live_", "rk_live_",
    ]

    private static let initials = Set(prefixes.compactMap(\.utf8.first))
    /// How the vendors of several kinds of credentials mark their personal access tokens: `VENDOR_pat_…`.
    private static let infix = "_pat_"
    private static let longestVendor = 12

    /// A prefix alone is a word; a credential continues.
    private static let minimumBytes = 16

    static func matches(_ text: String) -> Bool {
        guard text.utf8.count >= minimumBytes, let first = text.utf8.first else { return false }
        if initials.contains(first), prefixes.contains(where: { text.hasPrefix($0) }) { return true }
        let beginning = text.utf8.prefix(longestVendor + infix.utf8.count)
        return beginning.contains(UInt8(ascii: "_")) && String(Substring(beginning)).contains(infix)
    }
}
