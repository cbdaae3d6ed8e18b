import GuildDomain
import GuildLedger

/// The causal tree of one event, as JSON and drawn.
struct TraceResult: CommandResult {
    let trace: EventTrace
    /// The id that was asked for.
    let wanted: String

    /// One invocation that an event of the tree set going.
    struct Row: Sendable {
        let event: Event
        let run: EventTrace.InvocationRow

        var invocation: Invocation { run.invocation }
    }

    var document: EventTrace { trace }
    var rows: [Row] { Self.rows(of: trace) }

    var columns: [Column<Row>] {
        [
            .text("EVENT", \.event.id.description), .text("TYPE", \.event.type),
            .text("INVOCATION", \.invocation.id.description), .text("AGENT", \.invocation.agent),
            .text("STATE", \.invocation.state.rawValue), .number("TURNS", \.run.turns.count),
            .number("ACTIONS", \.run.actions.count), .number("TOKENS", \.invocation.usage.total),
            .number("COST_MICRODOLLARS", \.invocation.costMicrodollars),
        ]
    }

    private static func rows(of trace: EventTrace) -> [Row] {
        trace.invocations.map { Row(event: trace.event, run: $0) } + trace.effects.flatMap(rows)
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        trace.node.lines().map { line in
            line.contains(wanted) ? style.bold(line + (isQuiet ? "" : " ◀")) : line
        }.joined(separator: "\n")
    }
}

// MARK: - The drawing

/// How much of a text from outside one line of the drawing takes.
enum Shown {
    private static let characters = 160
    private static let reasonLimit = 5

    /// The text in place of one that retention has erased.
    static let erased = "(erased)"

    static func short(_ text: String) -> String {
        // Line ends are spaces, scalar by scalar: to Swift CRLF is no "\n".
        let space: Unicode.Scalar = " "
        let line = ScreenText.shortened(text, to: characters).unicodeScalars
            .map { $0 == "\n" || $0 == "\r" ? space : $0 }
        return String(String.UnicodeScalarView(line))
    }

    /// The first few reasons of a decision; `-o json` and `dispatch explain` have them all.
    static func reasons(_ reasons: [String]) -> [String] {
        let rest = reasons.count > reasonLimit ? ["and \(reasons.count - reasonLimit) more"] : []
        return reasons.prefix(reasonLimit).map { short($0) } + rest
    }
}

extension EventTrace {
    var node: TreeNode {
        let subject = event.subject.map { " \($0)" } ?? ""
        let name = event.guildEvent.map { " (\($0))" } ?? ""
        var node = TreeNode(label: "event \(event.id)  \(event.type)\(name)\(subject)")
        node.notes = ["from \(event.source), \(event.priority.name), received \(LocalTime.text(receivedAt))"]
        if let erasedAt { node.notes.append("its content was erased at \(LocalTime.text(erasedAt))") }
        if event.isOwn { node.notes.append("caused by our own action") }
        // Shown only if the source does not already say it.
        if event.containers != Container.of(source: event.source, system: event.system) {
            node.notes.append("called in \(RunPlace(event).text)")
        }
        let decided = Set(decisions.compactMap(\.invocation))
        node.children = decisions.enumerated().map { index, decision in
            var child = decision.node(isErased: isErased)
            // One that waited first is decided twice: its invocation is drawn below the decision that set it going.
            guard !decisions.dropFirst(index + 1).contains(where: { $0.invocation == decision.invocation }) else {
                return child
            }
            child.children = invocations.filter { $0.invocation.id == decision.invocation }
                .map { $0.node(isErased: isErased) }
            return child
        }
        if decisions.isEmpty { node.children.append(TreeNode(label: "undecided: it waits for the dispatcher")) }
        node.children += invocations.filter { !decided.contains($0.invocation.id) }.map { $0.node(isErased: isErased) }
        node.children += effects.map(\.node)
        node.children += damage.map(TreeNode.init(damage:))
        return node
    }
}

extension TreeNode {
    /// A part that cannot be read.
    fileprivate init(damage: String) { self.init(label: "damaged: \(damage)") }
}

extension EventTrace.DecisionRow {
    func node(isErased: Bool) -> TreeNode {
        let who = agent.isEmpty ? "" : " \(agent)"
        let by = rule.isEmpty ? "" : " by \(rule)"
        let which = revision > 0 ? ", revision \(revision)" : ""
        let later = until.map { (isFinal ? ", not before " : " until ") + LocalTime.text($0) } ?? ""
        let into = invocation.map { isFinal && outcome == "debounced" ? " into \($0)" : "" } ?? ""
        return TreeNode(
            label: "decision: \(outcome)\(into)\(who)\(by)\(later)\(which)",
            notes: isErased ? [Shown.erased] : Shown.reasons(reasons))
    }
}

extension EventTrace.InvocationRow {
    func node(isErased: Bool) -> TreeNode {
        let waits = invocation.waitReason.map { " (\($0.rawValue))" } ?? ""
        let cost = "\(Amount.grouped(invocation.usage.total)) tokens, \(Money.dollars(invocation.costMicrodollars))"
        var node = TreeNode(
            label: "invocation \(invocation.id)  \(invocation.agent)  \(invocation.state.rawValue)\(waits)  \(cost)")
        node.notes = ["codex \(invocation.commit.prefix(17)), attempt \(invocation.attempt)" + span]
        if isErased {
            node.notes.append(Shown.erased)
        } else if let outcome = invocation.outcome {
            node.notes.append("“\(Shown.short(outcome))”")
        }
        let called = Set(turns.flatMap(\.calls).compactMap(\.actionID))
        node.children = turns.map { turn in
            turn.node(isErased: isErased) { id in
                actions.first { $0.action.id == id }?.node(isErased: isErased)
            }
        }
        node.children += actions.filter { !called.contains($0.action.id) }.map { $0.node(isErased: isErased) }
        node.children += damage.map(TreeNode.init(damage:))
        return node
    }

    private var span: String {
        guard let started = invocation.startedAt else { return "" }
        let end = invocation.endedAt.map { ", took \(Amount.duration($0 - started))" } ?? ""
        return ", began \(LocalTime.text(started))\(end)"
    }
}

extension JournalledTurn {
    func node(isErased: Bool, action: (ActionID) -> TreeNode?) -> TreeNode {
        let answer = isAnswered ? stop ?? "answered" : endedAt == nil ? "under way" : "lost"
        let source = origin.map { "replay (\($0))" } ?? provider
        let input = usage.input.addingSaturated(usage.cacheRead).addingSaturated(usage.cacheWrite)
        let output = usage.output.addingSaturated(usage.reasoning)
        var node = TreeNode(
            label: "turn \(n)  \(model)  \(source)  \(answer)  \(Amount.grouped(input)) in, "
                + "\(Amount.grouped(output)) out, \(Money.dollars(costMicrodollars))")
        if let damage { node.notes = ["damaged: \(damage)"] }
        node.children = calls.map { call in
            let text = call.result.map { isErased ? Shown.erased : Shown.short($0) }
            let result = text.map { "\(call.isError ? "failed: " : "")\($0)" } ?? "no result yet"
            let arguments = isErased ? Shown.erased : Shown.short(call.arguments.text())
            return TreeNode(
                label: "call \(call.name) \(arguments)", notes: ["→ \(result)"],
                children: [call.actionID.flatMap(action)].compactMap { $0 })
        }
        return node
    }
}

extension EventTrace.ActionRow {
    func node(isErased: Bool) -> TreeNode {
        var node = TreeNode(
            label: "action \(action.id)  \(action.operation) on \(action.subject)  \(action.state.rawValue)  "
                + "autonomy \(action.autonomy.rawValue)")
        node.notes = ["because: \(isErased ? Shown.erased : Shown.short(action.reason))"]
        if let approval {
            let reason = approval.reason.map { ": \(Shown.short($0))" } ?? ""
            node.children.append(
                TreeNode(
                    label: "\(approval.decision) by \(approval.actor) at \(LocalTime.text(approval.at))\(reason)"))
        } else if action.state == .awaiting {
            node.notes.append("waits because: \(action.whyItWaits(standing))")
            if let standing { node.notes.append(standing.nextStep) }
            node.children.append(TreeNode(label: "waits for a person: guild audit approve \(action.id)"))
        }
        node.children += attempts.map {
            TreeNode(
                label:
                    "attempt \($0.attempt) at \(LocalTime.text($0.startedAt)): \(Shown.short($0.outcome ?? "under way"))"
            )
        }
        return node
    }
}
