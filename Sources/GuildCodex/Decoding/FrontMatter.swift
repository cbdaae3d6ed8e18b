import GuildDomain
import Yams

/// The YAML block between two `---` lines at the head of a Markdown file.
enum FrontMatter {
    static func removed(from whole: String) -> String {
        // Some editors begin a file with a byte order mark.
        let text = whole.unicodeScalars.first == "\u{FEFF}" ? String(whole.unicodeScalars.dropFirst()) : whole
        guard text.hasPrefix("---\n") || text.hasPrefix("---\r\n") else { return text }
        var rest = text[...]
        var isFirst = true
        while let end = rest.firstIndex(where: \.isNewline) {
            let line = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if !isFirst, line == "---" || line == "..." { return String(rest) }
            isFirst = false
        }
        return text
    }

    /// Checks a file that may be a prompt, and reports each finding at its place in the file.
    static func check(_ file: CodexFile, findings: Findings) {
        guard let whole = String(validating: file.bytes, as: UTF8.self) else {
            let place = SourceLocation(file: file.path, line: 1, column: 1)
            return findings.add(Problem(.error, at: place, found: "text that is not UTF-8"))
        }
        let prompt = removed(from: whole)
        let above = whole.utf8.prefix(max(0, whole.utf8.count - prompt.utf8.count)).count { $0 == UInt8(ascii: "\n") }
        for finding in PromptCheck.findings(in: prompt) {
            let place = SourceLocation(file: file.path, line: above + finding.line, column: finding.column)
            findings.add(Problem(finding, at: place))
        }
    }
}

extension Problem {
    init(_ finding: PromptCheck.Finding, at place: SourceLocation, path: String = "") {
        self.init(
            finding.severity, at: place, path: path, found: finding.found, expected: finding.expected,
            suggestion: finding.suggestion)
    }
}

extension NodeReader {
    /// Reports the problems of a template. The lines of a `|` block are those of the file; for other text only its own
    /// place is known.
    func report(_ findings: [PromptCheck.Finding]) {
        guard case .scalar(let scalar) = node else { return }
        for finding in findings {
            let place =
                scalar.style == .literal
                ? SourceLocation(file: scope.file, line: location.line + finding.line, column: finding.column)
                : location
            scope.findings.add(Problem(finding, at: place, path: path.text))
        }
    }
}
