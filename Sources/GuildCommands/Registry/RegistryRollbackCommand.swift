import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildDomain

struct RegistryRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Reverts a commit with a new one, as git revert does.",
        discussion: """
            The new commit goes onto the branch that --rev names (default: the branch of HEAD), in a bare repository \
            too, and only if the resulting codex is valid. History is never rewritten. If the branch is checked out, \
            uncommitted changes are refused.
            """)

    @Argument(help: ArgumentHelp("The commit to revert; default: the newest.", valueName: "commit"))
    var commit: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let access = try CodexAccess(settings)
        let rollback = try Rollback(
            on: access.revision, in: access.repository, loader: access.loader, signers: access.signers,
            git: GitProgram(environment: settings.environment))
        try output.renderer.print(RollbackResult(outcome: try rollback.run(commit)))
    }
}

struct RollbackResult: CommandResult {
    let outcome: Rollback.Outcome

    struct Document: Encodable {
        let commit: String
        let reverts: String
        let reference: String
    }

    var document: Document {
        Document(
            commit: outcome.commit.hex, reverts: outcome.reverted.commit.hex, reference: outcome.reference)
    }

    var rows: [Document] { [document] }

    var columns: [Column<Document>] {
        [.text("COMMIT", \.commit), .text("REVERTS", \.reverts), .text("REFERENCE", \.reference)]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return outcome.commit.hex }
        let summary = TextTable.printable(outcome.reverted.summary)
        return
            "\(outcome.commit.short) on \(outcome.reference) reverts \(outcome.reverted.commit.short) \"\(summary)\""
    }
}
