import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct AuditApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals", abstract: "Lists the actions that wait for a person, the oldest first.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let waiting = try await inspection.ledger(orElse: .saidUnlessSeveral)?.approvals() ?? []
        try output.renderer.print(ApprovalListResult(waiting: waiting, now: settings.time.now))
    }
}

struct ApprovalListResult: TabularResult {
    let waiting: [(action: Action, agent: String)]
    let now: Timestamp

    var emptyText: String { "nothing waits for approval" }

    var json: JSONValue {
        .array(
            waiting.map { entry in
                var object = entry.action.json.object ?? JSONObject()
                object["agent"] = .string(entry.agent)
                object["waits_because"] = .string(entry.action.whyItWaits)
                return .object(object)
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["ID", "AGENT", "OPERATION", "SUBJECT", "SINCE", "REASON", "WAITS BECAUSE"],
            waiting.map { action, agent in
                [
                    action.id.description, agent, action.operation, action.subject, cells.time(action.createdAt),
                    action.reason, action.whyItWaits,
                ]
            })
    }

    /// Whoever agrees must see to what, so the arguments are shown whole.
    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !waiting.isEmpty else { return isQuiet ? "" : emptyText }
        var blocks = waiting.map { action, agent in
            let age = "  waits for \(Amount.duration(now - action.createdAt)); because: \(action.reason)"
            let arguments = action.arguments.text(.pretty).split(separator: "\n").map { "  \($0)" }
            let hold = action.hold.map { ["  \($0.reason): \($0.nextStep(agent: agent))"] } ?? []
            let lines = ["\(agent) wants \(action.operation) on \(action.subject)", age] + hold + arguments
            return style.bold(action.id.description) + "  " + lines.map(TextTable.printable).joined(separator: "\n")
        }
        if !isQuiet { blocks.append("guild audit approve ID…, or guild audit reject ID --reason TEXT") }
        return blocks.joined(separator: "\n\n")
    }
}

extension Action {
    /// In a few words.
    var whyItWaits: String { hold?.reason ?? "its tool needs a person (autonomy 1, or a policy)" }
}
