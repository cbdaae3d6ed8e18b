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

    @Option(name: .letterAndLong("l"), help: ArgumentHelp("The number of commits to list.", valueName: "n"))
    var limit = 20

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 10000") }
    }

    func run() async throws {
        let access = try options.openCodex()
        let history = try AgentHistory(
            of: agent, from: access.tip(), revision: access.revision, in: access.repository, loader: access.loader,
            limit: limit)
        try output.renderer.print(HistoryResult(history: history))
    }
}

struct HistoryResult: ListResult {
    struct Row: Encodable, Sendable {
        let commit: String
        let at: Timestamp
        let author: String
        let summary: String
        let changes: [String]
        let version: String?
        let versionBefore: String?
        let valid: Bool
        let shortCommit: String

        private enum CodingKeys: String, CodingKey {
            case commit, at, author, summary, changes, version, versionBefore, valid
        }

        /// For people: the version, and the one before if it was another.
        var change: String? {
            guard valid else { return "invalid" }
            guard let versionBefore, versionBefore != version else { return version }
            return "\(versionBefore) → \(version ?? "-")"
        }
    }

    let agent: String
    let rows: [Row]

    init(history: AgentHistory) {
        agent = history.agent
        rows = history.entries.map { entry in
            Row(
                commit: entry.commit.commit.hex, at: entry.commit.at, author: entry.commit.author,
                summary: entry.commit.summary, changes: entry.changes, version: entry.version?.description,
                versionBefore: entry.versionBefore?.description, valid: entry.isValid,
                shortCommit: entry.commit.commit.short)
        }
    }

    var emptyText: String { "no commit changed \(agent)" }

    var columns: [Column<Row>] {
        [
            .text("COMMIT", \.shortCommit), .time("AT", \.at), .optional("VERSION", \.change),
            .text("CHANGED") { $0.changes.joined(separator: ", ") }, .text("AUTHOR", \.author),
            .text("SUMMARY", \.summary),
        ]
    }
}
