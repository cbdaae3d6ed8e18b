import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain

struct RegistryValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks a whole codex and lists every problem.",
        discussion: """
            Exits 3 if there are errors, and 0 if there are only warnings. For a valid codex it prints what each rule \
            of each agent's tools allows, and where.
            """)

    @Argument(
        help: ArgumentHelp(
            "A revision, or a folder of uncommitted files.", discussion: "Default: --rev, or --worktree.",
            valueName: "rev|path"), completion: .directory)
    var target: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let result = try load(settings)
        try output.renderer.print(ValidationResult(result: result))
        // A folder may be of another codex than the ledger.
        if let snapshot = result.snapshot, target == nil || !snapshot.isWorktree,
            let inspection = Self.inspection(settings)
        {
            defer { inspection.close() }
            try await WaitingSecrets.remark(of: snapshot, inspection)
        }
        if result.snapshot == nil { throw CommandStatus(code: ErrorKind.invalidCodex.exitStatus) }
    }

    /// Nil if there is no ledger: the validity of a codex does not depend on one.
    private static func inspection(_ settings: Settings) -> CommandContext? {
        var quiet = settings
        quiet.remark = { _ in }
        // Why there is none matters to other commands.
        guard let inspection = try? CommandContext(quiet) else { return nil }
        return inspection.remarking(as: settings)
    }

    private func load(_ settings: Settings) throws -> LoadResult {
        guard let target else { return try CodexAccess(settings).load() }
        var isFolder: ObjCBool = false
        let path = URL(fileURLWithPath: target).standardizedFileURL.path
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            return try CodexLoader.load(folder: path, systems: CodexAccess.systems)
        }
        return try CodexAccess(settings).load(rev: target)
    }
}

struct ValidationResult: ListResult {
    let result: LoadResult

    var rows: [Problem] { result.problems }

    var columns: [Column<Problem>] {
        [
            .text("SEVERITY", \.severity.rawValue), .text("FILE", \.file), .number("LINE", \.line),
            .number("COLUMN", \.column), .text("PATH", \.path), .text("FOUND", \.found),
            .text("EXPECTED") { $0.expected ?? "" }, .text("SUGGESTION") { $0.suggestion ?? "" },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = result.problems.map { problem in
            let text = TextTable.printable(problem.text)
            return problem.severity == .error ? style.red(text) : style.yellow(text)
        }
        if !isQuiet, let snapshot = result.snapshot {
            lines += ToolGrants(snapshot).lines(style) + CapGrants(snapshot).lines.map(TextTable.printable)
        }
        let errors = result.problems.count { $0.severity == .error }
        let verdict = errors == 0 ? style.green("valid") : style.red("invalid")
        let counts = "\(Amount.counted(errors, "error")), \(Amount.counted(result.warnings.count, "warning"))"
        let agents = result.snapshot.map { ", \(Amount.counted($0.agents.count, "agent"))" } ?? ""
        if !isQuiet { lines.append("\(TextTable.printable(result.revision)): \(verdict), \(counts)\(agents)") }
        return lines.joined(separator: "\n")
    }
}
