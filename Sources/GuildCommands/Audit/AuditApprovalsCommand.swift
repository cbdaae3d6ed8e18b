import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct AuditApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals", abstract: "Lists the actions that wait for approval, the oldest first.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let (ledger, now) = (try inspection.ledger(orElse: .saidUnlessSeveral), settings.time.now)
        let waiting = try await ledger?.approvals() ?? []
        let standings = try await ledger?.capStandings(of: waiting.map(\.action), now: now) ?? [:]
        try output.renderer.print(ApprovalListResult(waiting: waiting, standings: standings, now: now))
    }
}

struct ApprovalListResult: TabularResult {
    let waiting: [(action: Action, agent: String)]
    /// The caps that some of them wait at.
    let standings: [ActionID: CapStanding]
    let now: Timestamp

    var emptyText: String { "nothing waits for approval" }

    var json: JSONValue {
        .array(
            waiting.map { entry in
                var object = entry.action.json.object ?? JSONObject()
                object["agent"] = .string(entry.agent)
                object["waits_because"] = .string(why(entry.action))
                object["cap_standing"] = standings[entry.action.id]?.json ?? .null
                return .object(object)
            })
    }

    private func why(_ action: Action) -> String { action.whyItWaits(standings[action.id]) }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["ID", "AGENT", "OPERATION", "SUBJECT", "SINCE", "REASON", "WAITS BECAUSE", "ARGUMENTS"],
            waiting.map { action, agent in
                [
                    action.id.description, agent, action.operation, action.subject, cells.time(action.createdAt),
                    action.reason, why(action), action.arguments.text(),
                ]
            })
    }

    /// A person who approves must see everything, so the arguments are shown whole.
    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !waiting.isEmpty else { return isQuiet ? "" : emptyText }
        var blocks = waiting.map { action, agent in
            let age = "  waits for \(Amount.duration(now - action.createdAt)); because: \(action.reason)"
            let arguments = action.arguments.text(.pretty).split(separator: "\n").map { "  \($0)" }
            let next = standings[action.id].map { ["  \($0.nextStep)"] } ?? []
            let lines =
                ["\(agent) wants \(action.operation) on \(action.subject)", age, "  \(why(action))"] + next + arguments
            return style.bold(action.id.description) + "  " + lines.map(TextTable.printable).joined(separator: "\n")
        }
        if !isQuiet { blocks.append("guild audit approve ID…, or guild audit reject ID --reason TEXT") }
        return blocks.joined(separator: "\n\n")
    }
}

extension CapStanding {
    /// What an approval would let out too, by id.
    var json: JSONValue {
        [
            "cap": .string(hold.cap.key), "limit": .integer(hold.limit.count), "from": .string(hold.limit.setting),
            "scope": .string(scope.key), "used": .integer(used),
            "releases": .array(followers.map { .string($0.id.description) }), "left": .integer(left),
        ]
    }
}
