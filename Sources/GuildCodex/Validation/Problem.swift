package import GuildDomain

/// A problem in the codex: its place, the value found, the value expected.
package struct Problem: JSONShape, Sendable, Hashable {
    /// Whether the codex is invalid because of it.
    package enum Severity: String, Sendable { case error, warning }

    /// Whether the codex is invalid because of it.
    package let severity: Severity
    /// The file below the codex root.
    package let file: String
    /// The line, from 1; 0 for the whole commit.
    package let line: Int
    /// The column, from 1.
    package let column: Int
    /// Inside the document: `spec.triggers[1].schedule`; empty if the whole file is meant.
    package let path: String
    /// A phrase without a value that may be a secret: `unknown key 'priorty'`.
    package let found: String
    /// The expected value; nil if there is no single one.
    package let expected: String?
    /// The nearest thing that exists.
    package let suggestion: String?

    package init(
        _ severity: Severity, at location: SourceLocation, path: String = "", found: String, expected: String? = nil,
        suggestion: String? = nil
    ) {
        self.severity = severity
        self.file = location.file
        self.line = location.line
        self.column = location.column
        self.path = path
        self.found = found
        self.expected = expected
        self.suggestion = suggestion
    }

    /// One line: `agents/ranger.yaml:14:7: error: spec.triggers[0].priorty: unknown key 'priorty', did you mean
    /// 'priority'?`. Control characters from the codex are shown escaped.
    package var text: String {
        // A problem of the whole commit has no line.
        var text = line > 0 ? "\(file):\(line):\(column): \(severity.rawValue): " : "\(file): \(severity.rawValue): "
        if !path.isEmpty { text += "\(path): " }
        return (text + message).escapingControls
    }

    /// The problem without its line: two commits may share it although lines have moved.
    package var substance: String { "\(file): \(path): \(message)" }

    /// The part of `text` after the path.
    package var message: String {
        var text = found
        if let expected { text += ", expected \(expected)" }
        if let suggestion { text += ", did you mean '\(suggestion)'?" }
        return text
    }

    /// The problem as commands and the API print it.
    package var json: JSONValue {
        .object(
            JSONObject([
                ("severity", .string(severity.rawValue)), ("file", .string(file)), ("line", .integer(line)),
                ("column", .integer(column)), ("path", .string(path)), ("found", .string(found)),
                ("expected", expected.map(JSONValue.string) ?? .null),
                ("suggestion", suggestion.map(JSONValue.string) ?? .null),
            ]))
    }
}

extension Problem: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.file, left.line, left.column, left.path) < (right.file, right.line, right.column, right.path)
    }
}

extension String {
    /// On one line, and so that a name in a codex can neither write to a terminal nor hide in it.
    var escapingControls: String { ScreenText.line(self) }
}

/// A codex with errors is not served; every problem of it is here, warnings too.
package struct CodexInvalid: GuildError {
    /// The revision as it was asked for.
    package let revision: String
    /// The commit that it named, or `worktree:` and a digest of the files.
    package let commit: String
    /// Every problem, sorted by place.
    package let problems: [Problem]

    package init(revision: String, commit: String, problems: [Problem]) {
        self.revision = revision
        self.commit = commit
        self.problems = problems
    }

    /// The problems that make the codex invalid.
    package var errors: [Problem] { problems.filter { $0.severity == .error } }

    package var kind: ErrorKind { .invalidCodex }

    package var message: String {
        let count = errors.count
        let shown = errors.prefix(Self.shownErrors).map { "\n  \($0.text)" }.joined()
        let rest = count > Self.shownErrors ? "\n  and \(count - Self.shownErrors) more" : ""
        return "the codex at \(revision.escapingControls) has \(count) error\(count == 1 ? "" : "s")\(shown)\(rest)"
    }

    package var hint: String? {
        guard errors.contains(where: { $0.file != Self.place(of: commit) }) else {
            return "make another commit: with git, and with --signers signed by one of the signers"
        }
        return "correct the files; `guild registry validate` lists every problem"
    }

    /// The place of a problem that concerns the whole commit.
    static func place(of commit: String) -> String { "commit \(commit)" }

    private static let shownErrors = 20
}
