import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
package import GuildDomain
package import GuildLedger

/// A person's decisions about several actions, and the next step.
struct Rulings: CommandResult {
    let rulings: [Ruling]
    /// Those that ended because their rows are damaged.
    let ended: [(id: ActionID, fault: RowFault)]
    let continuation: ApprovalDesk.Continuation

    /// Finds all of them before it decides any.
    static func give(
        _ ids: [String], approve: Bool, reason: String?, _ settings: Settings, _ renderer: Renderer
    ) async throws {
        let context = try CommandContext(settings, for: .writing)
        defer { context.close() }
        let ledger = try context.requiredLedger()
        let desk = ApprovalDesk(
            actions: ledger.actions, reports: ledger.reports, actionWait: await actionWait(context),
            actor: context.actor, time: settings.time)
        let wanted = try await desk.find(ids, approve: approve)
        var rulings: [Ruling] = []
        var ended: [(id: ActionID, fault: RowFault)] = []
        var failures: [any GuildError] = []
        for id in wanted {
            do {
                switch try await desk.decide(id, approve: approve, reason: reason) {
                case .ruled(let ruling): rulings.append(ruling)
                case .ended(let id, let fault):
                    ended.append((id, fault))
                    // An end is what a rejection asks for.
                    if approve { failures.append(notApproved(id, fault)) }
                }
            } catch let failure as ApprovalFailure {
                // Somebody elsewhere was faster.
                failures.append(failure)
            }
        }
        if !rulings.isEmpty || !ended.isEmpty {
            try renderer.print(
                Rulings(rulings: rulings, ended: ended, continuation: try await desk.continuation()))
        }
        if let failure = Failure.together(failures) { throw failure }
    }

    private static func notApproved(_ id: ActionID, _ fault: RowFault) -> Failure {
        Failure(
            .failed, "action \(id) was not approved but ended, because its row is damaged: \(fault.message)",
            hint: fault.hint)
    }

    /// The current codex may be missing or broken; the decision counts all the same.
    private static func actionWait(_ context: CommandContext) async -> Duration {
        (try? await context.acceptedSnapshot())?.settings.actionWait.value ?? Defaults.actionWait
    }

    struct Decided: Encodable {
        let action: JSONValue
        let released: CapGrant?

        private enum CodingKeys: String, CodingKey {
            case action = ""
            case released
        }
    }

    var document: [Decided] {
        rulings.map { Decided(action: $0.action.json, released: $0.grant) }
            + ended.map { id, fault in
                Decided(
                    action: [
                        "id": .string(id.description), "state": .string(Action.State.failed.rawValue),
                        "damage": [.string(fault.message)],
                    ], released: nil)
            }
    }

    struct Row {
        let id: ActionID
        let operation: String
        let subject: String
        let state: Action.State
    }

    /// Each that was decided, and what went with it.
    var rows: [Row] {
        rulings.flatMap { [$0.action] + ($0.grant?.followers ?? []) }.map {
            Row(id: $0.id, operation: $0.operation, subject: $0.subject, state: $0.state)
        } + ended.map { Row(id: $0.id, operation: "", subject: "", state: .failed) }
    }

    var columns: [Column<Row>] {
        [
            .text("ID", \.id.description), .text("OPERATION", \.operation), .text("SUBJECT", \.subject),
            .text("STATE", \.state.rawValue),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = rulings.flatMap { ruling -> [String] in
            let action = ruling.action
            let verb = action.state == .rejected ? style.red("rejected") : style.green("approved")
            let line = "\(verb) \(action.id)  " + TextTable.printable("\(action.operation) on \(action.subject)")
            return [line] + (ruling.grant?.lines.map(TextTable.printable) ?? [])
        }
        lines += ended.map { id, fault in
            "\(style.red("ended")) \(id)  " + TextTable.printable("its row is damaged: \(fault.message)")
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

extension CapGrant: JSONShape {
    /// The actions that were released with the approved one, and the rest of the allotment.
    var lines: [String] {
        var lines = followers.map { "  and also \($0.brief)" }
        if left > 0 {
            let end = LocalTime.text(until)
            lines.append("  \(left) more \(scope.owner(agent: agent)) may follow until \(end)")
        }
        return lines
    }

    package var json: JSONValue {
        [
            "cap": .string(hold.cap.key), "scope": .string(scope.key),
            "actions": .array(followers.map { .string($0.id.description) }), "left": .integer(left),
            "until": .string(until.rfc3339),
        ]
    }
}
