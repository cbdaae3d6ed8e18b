import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

/// What a person decided about several actions, and what happens next.
struct Rulings: TabularResult {
    let rulings: [Ruling]
    let continuation: ApprovalDesk.Continuation

    /// Finds all of them before it decides any.
    static func give(
        _ ids: [String], approve: Bool, reason: String?, _ settings: Settings, _ renderer: Renderer
    ) async throws {
        let inspection = try Inspection(settings, for: .writing)
        defer { inspection.close() }
        let ledger = try inspection.requiredLedger()
        let desk = ApprovalDesk(
            ledger: ledger, actionWait: await actionWait(inspection), actor: "user:\(UserName.current)",
            time: settings.time)
        let wanted = try await desk.find(ids, approve: approve)
        var (rulings, failures): ([Ruling], [ApprovalFailure]) = ([], [])
        for id in wanted {
            do {
                rulings.append(try await desk.decide(id, approve: approve, reason: reason))
            } catch let failure as ApprovalFailure {
                // Somebody elsewhere was faster.
                failures.append(failure)
            }
        }
        if !rulings.isEmpty {
            try renderer.print(Rulings(rulings: rulings, continuation: try await desk.continuation()))
        }
        if let failure = Failure.together(failures) { throw failure }
    }

    /// The codex at hand may be none or broken; the decision counts all the same.
    private static func actionWait(_ inspection: Inspection) async -> Duration {
        (try? await inspection.acceptedSnapshot())?.settings.actionWait.value ?? Defaults.actionWait
    }

    var emptyText: String { "" }

    var json: JSONValue {
        .array(
            rulings.map { ruling in
                var object = ruling.action.json.object ?? JSONObject()
                object["released"] = ruling.grant?.json ?? .null
                return .object(object)
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["ID", "OPERATION", "SUBJECT", "STATE"],
            rulings.flatMap { [$0.action] + ($0.grant?.followers ?? []) }
                .map { [$0.id.description, $0.operation, $0.subject, $0.state.rawValue] })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = rulings.flatMap { ruling -> [String] in
            let action = ruling.action
            let verb = action.state == .rejected ? style.red("rejected") : style.green("approved")
            let line = "\(verb) \(action.id)  " + TextTable.printable("\(action.operation) on \(action.subject)")
            return [line] + (ruling.grant?.lines.map(TextTable.printable) ?? [])
        }
        if !isQuiet { lines.append(next) }
        return lines.joined(separator: "\n")
    }

    private var next: String {
        switch continuation {
        case .served(let pid, let host): "guild serve (process \(pid) on \(host)) continues"
        case .unattended: "next: guild serve --once executor action-executor"
        }
    }
}

extension CapGrant {
    /// What went with the approved action, and what still may.
    var lines: [String] {
        var lines = followers.map { "  and also \($0.brief)" }
        if left > 0 {
            let end = LocalTime.text(until)
            lines.append("  \(left) more \(scope.owner(agent: agent)) may follow until \(end)")
        }
        return lines
    }

    var json: JSONValue {
        [
            "cap": .string(hold.cap.key), "scope": .string(scope.key),
            "actions": .array(followers.map { .string($0.id.description) }), "left": .integer(left),
            "until": .string(until.rfc3339),
        ]
    }
}
