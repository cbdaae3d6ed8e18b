import GuildCitadel
import GuildDomain
import GuildLedger

/// The result for the events that were sent.
struct DispatchResult: CommandResult {
    let events: [DispatchedEvent]
    /// The resulting invocations, followed to the end; nil if nobody waited.
    var invocations: [Invocation]?
    /// The signal that ended the wait; nil if none did.
    var signal: Int32?

    /// 0 if all succeeded, 130 cancelled, 1 failed, 5 waiting for approval; after a signal 128 and its number.
    var exitStatus: Int32 {
        if let signal { return 128 + signal }
        let states = (invocations ?? []).map(\.state)
        if states.contains(.cancelled) { return ErrorKind.interrupted.exitStatus }
        if states.contains(where: { $0 == .failed || $0 == .expired }) { return ErrorKind.failed.exitStatus }
        return states.contains(.waiting) ? ErrorKind.refused.exitStatus : 0
    }

    var json: JSONValue {
        .array(
            events.map { dispatched in
                var object: JSONObject = [
                    "event": .string(dispatched.event.id.description), "source": .string(dispatched.event.source),
                    "type": .string(dispatched.event.type), "subject": .optional(dispatched.event.subject),
                    "reception": .string(dispatched.reception.rawValue),
                    "decisions": .array(dispatched.decisions.map(\.json)),
                ]
                if let invocations {
                    let own = Set(dispatched.decisions.compactMap(\.invocation))
                    object["invocations"] = .array(
                        invocations.filter { own.contains($0.id) || $0.root == dispatched.event.root }.map(\.json))
                }
                return .object(object)
            })
    }

    var table: TextTable {
        TextTable(
            ["EVENT", "TYPE", "RECEPTION", "OUTCOME", "AGENT", "RULE", "INVOCATION", "REASON"],
            events.flatMap { dispatched in
                dispatched.decisions.map { decision in
                    [
                        dispatched.event.id.description, dispatched.event.type, dispatched.reception.rawValue,
                        decision.outcome, decision.agent, decision.rule, decision.invocation?.description ?? "",
                        decision.reasons.joined(separator: "; "),
                    ]
                }
            })
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
        let queued = events.contains { event in
            event.reception != .dryRun && event.decisions.contains { $0.invocation != nil }
        }
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
            return TreeNode(label: "\(decision.outcome)\(agent)\(invocation)", notes: Shown.reasons(decision.reasons))
        }
        return node
    }
}

extension DispatchedEvent.Line {
    /// Whether it is decided again at `until`.
    var isPending: Bool { Decision.Outcome(rawValue: outcome).map { !$0.isFinal } ?? false }

    var json: JSONValue {
        [
            "rule": .string(rule), "agent": .string(agent), "outcome": .string(outcome),
            "reasons": .array(reasons.map { .string($0) }), "invocation": .optional(invocation?.description),
            "until": .optional(until), "commit": .string(commit),
        ]
    }
}
