package import GuildCitadel
package import GuildDomain
import GuildLedger

/// The result for the events that were sent.
struct DispatchResult: CommandResult {
    let events: [DispatchedEvent]
    /// The resulting invocations, followed to the end; nil if nobody waited.
    var invocations: [Invocation]?
    /// The signal that ended the wait; nil if none did.
    var signal: Int32?

    /// 0 if all succeeded, 1 if one did not, 5 if one waits for approval; after a signal 128 and its number. A run that
    /// somebody else stopped, perhaps before this command began, is no signal to it.
    var exitStatus: Int32 {
        if let signal { return 128 + signal }
        let states = (invocations ?? []).map(\.state)
        if states.contains(where: { $0.isFinal && $0 != .succeeded }) { return ErrorKind.failed.exitStatus }
        return states.contains(.waiting) ? ErrorKind.refused.exitStatus : 0
    }

    struct Sent: Encodable {
        let event: EventID
        let source: String
        let type: String
        let subject: String?
        let reception: String
        let decisions: [DispatchedEvent.Line]
        let runs: Runs?

        private enum CodingKeys: String, CodingKey {
            case event, source, type, subject, reception, decisions
            case runs = ""
        }
    }

    /// Only where somebody waited for them.
    struct Runs: Encodable {
        let invocations: [Invocation]
    }

    var document: [Sent] {
        events.map { dispatched in
            Sent(
                event: dispatched.event.id, source: dispatched.event.source, type: dispatched.event.type,
                subject: dispatched.event.subject, reception: dispatched.reception.rawValue,
                decisions: dispatched.decisions, runs: runs(of: dispatched))
        }
    }

    private func runs(of dispatched: DispatchedEvent) -> Runs? {
        let own = Set(dispatched.decisions.compactMap(\.invocation))
        return invocations.map { invocations in
            Runs(invocations: invocations.filter { own.contains($0.id) || $0.root == dispatched.event.root })
        }
    }

    /// One decision on an event.
    struct Row: Sendable {
        let dispatched: DispatchedEvent
        let decision: DispatchedEvent.Line
    }

    var rows: [Row] {
        events.flatMap { dispatched in dispatched.decisions.map { Row(dispatched: dispatched, decision: $0) } }
    }

    var columns: [Column<Row>] {
        [
            .text("EVENT", \.dispatched.event.id.description), .text("TYPE", \.dispatched.event.type),
            .text("RECEPTION", \.dispatched.reception.rawValue), .text("OUTCOME", \.decision.outcome),
            .text("AGENT", \.decision.agent), .text("RULE", \.decision.rule),
            .text("INVOCATION") { $0.decision.invocation?.description ?? "" },
            .text("RUN STATE") { $0.decision.runState?.rawValue ?? "" },
            .text("REASON") { $0.decision.reasons.joined(separator: "; ") },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = events.flatMap { $0.node.lines() }
        if let invocations {
            lines += invocations.map { invocation in
                TextTable.printable(
                    "\(invocation.id)  \(invocation.agent)  \(invocation.state.rawValue)"
                        + (invocation.waitReason.map { " (\($0.rawValue))" } ?? "")
                        + "  \(Amount.grouped(invocation.usage.total)) tokens, "
                        + "\(Money.dollars(invocation.costMicrodollars))")
            }
        }
        if !isQuiet, let hint { lines.append(hint) }
        return lines.joined(separator: "\n")
    }

    /// The next step.
    private var hint: String? {
        if let invocations {
            let left = events.flatMap(\.decisions).filter { decision in
                decision.isPending && !invocations.contains { $0.id == decision.invocation }
            }
            if let until = left.compactMap(\.until).min() {
                return "deferred until \(LocalTime.text(until)): guild serve runs it then"
            }
            if invocations.contains(where: { $0.waitReason == .approval }) {
                return "next: guild audit approvals"
            }
            return invocations.first.map { "guild audit show \($0.id) shows what happened" }
        }
        let lines = events.filter { $0.reception != .dryRun }.flatMap(\.decisions)
        let queued = lines.contains { line in line.invocation != nil && line.runState?.isFinal != true }
        return queued ? "next: guild serve --once (or a running guild serve) runs them" : nil
    }
}

extension DispatchedEvent {
    /// The event and its decisions as a tree.
    var node: TreeNode {
        let subject = event.subject.map { " \($0)" } ?? ""
        let known = reception == .duplicate ? "  (known already)" : reception == .dryRun ? "  (dry run)" : ""
        var node = TreeNode(label: "event \(event.id)  \(event.type)\(subject)\(known)")
        node.children = decisions.map { decision in
            let agent = decision.agent.isEmpty ? "" : " \(decision.agent)"
            let invocation = decision.invocation.map { "  → \($0)" } ?? ""
            // Of a new event nothing has begun yet.
            let state = reception == .duplicate ? decision.runState.map { ", \($0.rawValue)" } ?? "" : ""
            return TreeNode(
                label: "\(decision.outcome)\(agent)\(invocation)\(state)",
                notes: isErased ? [Shown.erased] : Shown.reasons(decision.reasons))
        }
        if reception == .duplicate, decisions.isEmpty {
            node.notes = [
                isForgotten
                    ? "it came before; retention has deleted its record, and nothing is started again"
                    : "it is not decided yet: it waits for the dispatcher"
            ]
        }
        return node
    }
}

extension DispatchedEvent.Line: JSONShape {
    /// Whether it is decided again at `until`.
    var isPending: Bool { Decision.Outcome(rawValue: outcome).map { !$0.isFinal } ?? false }

    package var json: JSONValue {
        [
            "rule": .string(rule), "agent": .string(agent), "outcome": .string(outcome),
            "reasons": .array(reasons.map { .string($0) }), "invocation": .optional(invocation?.description),
            "until": .optional(until), "commit": .string(commit), "run_state": .optional(runState?.rawValue),
        ]
    }
}
