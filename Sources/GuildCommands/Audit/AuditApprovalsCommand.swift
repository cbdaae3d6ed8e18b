import ArgumentParser
import GuildCitadel
package import GuildDomain
package import GuildLedger

struct AuditApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals", abstract: "Lists the actions that wait for approval, the oldest first.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.ledger(orElse: .saidUnlessSeveral)
        let now = context.now
        let (waiting, damaged) = try await ledger?.actions.awaitingApproval() ?? ([], [])
        context.warn(of: damaged)
        let standings = try await ledger?.actions.capStandings(of: waiting.map(\.action), now: now) ?? [:]
        try output.renderer.print(ApprovalListResult(waiting: waiting, standings: standings, now: now))
    }
}

struct ApprovalListResult: ListResult {
    struct Row: Encodable, Sendable {
        let action: Action
        let agent: String
        let waitsBecause: String
        /// The cap that it waits at, if it does.
        let standing: CapStanding?

        private enum CodingKeys: String, CodingKey {
            case action = ""
            case agent, waitsBecause
            case standing = "cap_standing"
        }
    }

    let rows: [Row]
    let now: Timestamp

    init(waiting: [(action: Action, agent: String)], standings: [ActionID: CapStanding], now: Timestamp) {
        rows = waiting.map { action, agent in
            let standing = standings[action.id]
            return Row(action: action, agent: agent, waitsBecause: action.whyItWaits(standing), standing: standing)
        }
        self.now = now
    }

    var emptyText: String { "nothing waits for approval" }

    var columns: [Column<Row>] {
        [
            .text("ID", \.action.id.description), .text("AGENT", \.agent), .text("OPERATION", \.action.operation),
            .text("SUBJECT", \.action.subject), .time("SINCE", \.action.createdAt), .text("REASON", \.action.reason),
            .text("WAITS BECAUSE", \.waitsBecause), .text("ARGUMENTS") { $0.action.arguments.text() },
        ]
    }

    /// A person who approves must see everything, so the arguments are shown whole.
    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !rows.isEmpty else { return isQuiet ? "" : emptyText }
        var blocks = rows.map { row in
            let action = row.action
            let age = "  waits for \(Amount.duration(now - action.createdAt)); because: \(action.reason)"
            let arguments = action.arguments.text(.pretty).split(separator: "\n").map { "  \($0)" }
            let next = row.standing.map { ["  \($0.nextStep)"] } ?? []
            let lines =
                ["\(row.agent) wants \(action.operation) on \(action.subject)", age, "  \(row.waitsBecause)"] + next
                + arguments
            return style.bold(action.id.description) + "  " + lines.map(TextTable.printable).joined(separator: "\n")
        }
        if !isQuiet { blocks.append("guild audit approve ID…, or guild audit reject ID --reason TEXT") }
        return blocks.joined(separator: "\n\n")
    }
}

extension CapStanding: JSONShape {
    /// The actions that an approval would also release, by id.
    package var json: JSONValue {
        [
            "cap": .string(hold.cap.key), "limit": .integer(hold.limit.count), "from": .string(hold.limit.setting),
            "scope": .string(scope.key), "used": .integer(used),
            "releases": .array(followers.map { .string($0.id.description) }), "left": .integer(left),
        ]
    }
}
