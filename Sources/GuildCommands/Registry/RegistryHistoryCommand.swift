import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildDomain

struct RegistryHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Lists the commits that changed an agent, with its versions.",
        discussion: "Compares its manifest, prompt and output schema along the first parents of --rev.")

    @Argument(help: ArgumentHelp("The agent's name.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The number of commits to list.", valueName: "n"))
    var limit = 20

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 10000") }
    }

    func run() async throws {
        let access = try CodexAccess(options.settings())
        try output.renderer.print(HistoryResult(history: AgentHistory(of: agent, in: access, limit: limit)))
    }
}

struct HistoryResult: TabularResult {
    let history: AgentHistory

    var emptyText: String { "no commit changed \(history.agent)" }

    var json: JSONValue {
        .array(
            history.entries.map { entry in
                [
                    "commit": .string(entry.commit.commit.hex), "at": .string(entry.commit.at.rfc3339),
                    "author": .string(entry.commit.author), "summary": .string(entry.commit.summary),
                    "changes": .array(entry.changes.map { .string($0) }),
                    "version": .optional(entry.version?.description),
                    "version_before": .optional(entry.versionBefore?.description), "valid": .bool(entry.isValid),
                ]
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["COMMIT", "AT", "VERSION", "CHANGED", "AUTHOR", "SUMMARY"],
            history.entries.map { entry in
                let (before, now) = (entry.versionBefore?.description, entry.version?.description)
                let version = before == nil || before == now ? now : "\(before ?? "") → \(now ?? "-")"
                return [
                    entry.commit.commit.short, cells.time(entry.commit.at),
                    cells.text(entry.isValid ? version : "invalid"), entry.changes.joined(separator: ", "),
                    entry.commit.author, entry.commit.summary,
                ]
            })
    }
}
