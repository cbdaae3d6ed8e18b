import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

/// What a person decided about several actions, and what happens next.
struct Rulings: TabularResult {
    let actions: [Action]
    let continuation: ApprovalDesk.Continuation

    /// Decides each, shows what came of it, and only then fails for those that could not be decided.
    static func give(
        _ ids: [String], approve: Bool, reason: String?, _ settings: Settings, _ renderer: Renderer
    ) async throws {
        let inspection = try Inspection(settings, for: .writing)
        defer { inspection.close() }
        let ledger = try inspection.requiredLedger()
        let desk = ApprovalDesk(
            ledger: ledger, actionWait: await actionWait(inspection), actor: "user:\(UserName.current)",
            time: settings.time)
        var (actions, failures): ([Action], [ApprovalFailure]) = ([], [])
        for id in ids {
            do {
                actions.append(try await desk.decide(id, approve: approve, reason: reason))
            } catch let failure as ApprovalFailure {
                failures.append(failure)
            }
        }
        if !actions.isEmpty {
            try renderer.print(Rulings(actions: actions, continuation: try await desk.continuation()))
        }
        guard let first = failures.first else { return }
        guard failures.count > 1 else { throw first }
        throw Failure(first.kind, failures.map(\.message).joined(separator: "\n"), hint: first.hint)
    }

    /// The codex at hand may be none or broken; the decision counts all the same.
    private static func actionWait(_ inspection: Inspection) async -> Duration {
        (try? await inspection.snapshot())?.settings.actionWait.value ?? Defaults.actionWait
    }

    var emptyText: String { "" }
    var json: JSONValue { .array(actions.map(\.json)) }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["ID", "OPERATION", "SUBJECT", "STATE"],
            actions.map { [$0.id.description, $0.operation, $0.subject, $0.state.rawValue] })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = actions.map { action in
            let verb = action.state == .rejected ? style.red("rejected") : style.green("approved")
            return "\(verb) \(action.id)  "
                + TextTable.printable("\(action.operation) on \(action.subject)")
        }
        if !isQuiet { lines.append(next) }
        return lines.joined(separator: "\n")
    }

    private var next: String {
        switch continuation {
        case .served(let pid, let host): "guild serve (process \(pid) on \(host)) carries on"
        case .unattended: "next: guild serve --once executor action-executor"
        }
    }
}
