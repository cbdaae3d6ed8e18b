import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger
import GuildRuntime
import Synchronization

/// Shows a run in progress: the answer on standard output, everything else on standard error.
final class RunScreen: Sendable {
    private struct State {
        var invocation: InvocationID?
        var answer = TerminalStream()
    }

    private let style: Style
    private let streams: Bool
    private let isQuiet: Bool
    private let state = Mutex(State())

    init(style: Style, streams: Bool, isQuiet: Bool) {
        self.style = style
        self.streams = streams
        self.isQuiet = isQuiet
    }

    /// The invocation that runs, once it has begun.
    var invocation: InvocationID? { state.withLock { $0.invocation } }

    func show(_ event: RunEvent) {
        switch event {
        case .began(let invocation, let model, let provider):
            state.withLock { $0.invocation = invocation.id }
            if invocation.attempt == 1 { note("\(invocation.agent) · \(model) (\(provider)) · \(invocation.id)") }
        case .delta(.text(let text)): write(text)
        case .delta: break
        case .asked(let call): note("→ \(call.name) \(Self.short(call.arguments.text()))\(Self.fate(of: call))")
        case .result(let call): note("← \(call.name)\(call.isError ? " failed: \(Self.short(call.result ?? ""))" : "")")
        case .answered(let turn, let usage, let cost, let estimated, let origin):
            endLine()
            let source = origin.map { " · replay (\($0))" } ?? ""
            note(
                "turn \(turn): \(usage.totalInput) in, \(usage.totalOutput) out, "
                    + "\(Money.dollars(cost))\(estimated ? " (estimated)" : "")\(source)")
        case .warned(_, let warning): note("warning: \(warning)")
        // Said with the end, which it decides.
        case .notRecorded: break
        case .waiting(_, .budget): note("waiting for room in its budget")
        case .waiting: note("waiting for its actions")
        case .outOfBudget: endLine()
        case .retrying(_, let reason, let at): note("\(reason); trying again at \(LocalTime.text(at))")
        case .ended: endLine()
        }
    }

    func finish() { endLine() }

    /// Reports how it ended, and the next step.
    func explain(_ outcome: RunOutcome) {
        for action in outcome.awaiting {
            let standing = outcome.standings[action.id]
            let next = standing.map { "; \($0.nextStep)" } ?? ""
            let hold = ": " + action.whyItWaits(standing) + next
            let place = ScreenText.line(action.subject)
            say(
                "guild: \(action.operation) on \(place) waits for approval\(ScreenText.line(hold))\n"
                    + "  hint: guild audit approve \(action.id), then `guild serve --once` continues")
        }
        for action in outcome.released { say(ScreenText.line("guild: also approved: \(action.brief)")) }
        for action in outcome.done { tellMove(action) }
        for action in outcome.refused {
            let why = action.error ?? action.result ?? "no reason given"
            say(
                ScreenText.line("guild: \(action.operation) on \(action.subject) \(Self.refusal(action)): \(why)")
                    + "\n  hint: guild audit show \(action.id) shows the request")
        }
        if let problem = outcome.notRecorded { say("guild: \(problem.description)") }
        for call in outcome.blocked {
            let place = call.blockedSubject.map { $0.isEmpty ? "" : " on \($0)" } ?? ""
            let why = call.result ?? "no reason given"
            say(ScreenText.line("guild: \(call.name)\(place) was refused by the manifest or a policy: \(why)"))
        }
        for action in outcome.left {
            let why = action.error.map { ": \($0)" } ?? ""
            say(
                ScreenText.line("guild: \(action.operation) on \(action.subject) is still open\(why)")
                    + "\n  hint: `guild serve --once action-executor`, or a running `guild serve`, executes it from "
                    + LocalTime.text(action.availableAt))
        }
        if let failure = outcome.failure {
            say("guild: \(failure.description)")
        } else if outcome.invocation.state == .failed || outcome.invocation.state == .expired {
            say("guild: \(outcome.invocation.outcome ?? "it failed")")
        }
        note(
            "\(outcome.invocation.state.rawValue) · \(outcome.invocation.usage.total) tokens · "
                + "\(Money.dollars(outcome.invocation.costMicrodollars)) · guild audit show \(outcome.invocation.id)")
    }

    private static func refusal(_ action: Action) -> String {
        action.state == .rejected ? "was rejected by a person" : "was refused"
    }

    /// A system that knows something by a new name says so in the result.
    private func tellMove(_ action: Action) {
        // A result that is not JSON says nothing of the kind.
        guard let text = action.result, let result = try? JSONParser.parse(text),
            let move = result["repository_note"]?.string
        else { return }
        note("\(action.operation) on \(action.subject): \(move)")
    }

    private func write(_ text: String) {
        guard streams, !text.isEmpty else { return }
        // A reader that went away is not a reason to stop a run that costs money.
        Terminal.write(state.withLock { $0.answer.shown(text) }, to: .output)
    }

    private func endLine() {
        let isInLine = state.withLock { state in
            defer { state.answer.endLine() }
            return state.answer.isInLine
        }
        if isInLine { Terminal.write("\n", to: .output) }
    }

    private func note(_ text: String) {
        guard !isQuiet else { return }
        endLine()
        say(style.dim(TextTable.printable(text)))
    }

    private func say(_ text: String) { Terminal.write(text + "\n", to: .error) }

    private static func short(_ text: String) -> String { ScreenText.shortened(text, to: 160) }

    private static func fate(of call: ToolCall) -> String {
        if call.isError { return " refused: \(short(call.result ?? ""))" }
        guard let action = call.action else { return "" }
        return action.autonomy == .approve || action.policy != nil ? " waits for approval" : " requested"
    }
}

/// The outcome of a run as data.
struct RunResult: CommandResult {
    let outcome: RunOutcome

    struct Document: Encodable {
        struct RefusedAction: Encodable {
            let id: ActionID
            let operation: String
            let subject: String
            let state: String
            let reason: String
        }

        struct RefusedCall: Encodable {
            let operation: String
            let subject: String
            let reason: String
        }

        struct OpenAction: Encodable {
            let id: ActionID
            let operation: String
            let subject: String
            let available: Timestamp
            let reason: String
        }

        let invocation: InvocationID
        let agent: String
        let commit: String
        let state: String
        let answer: String
        let tokens: TokenUsage
        let costMicrodollars: Int64
        let turns: Int
        let awaitingApproval: [ActionID]
        let refusedActions: [RefusedAction]
        let refusedCalls: [RefusedCall]
        let openActions: [OpenAction]
        let error: String?
    }

    var document: Document {
        let invocation = outcome.invocation
        return Document(
            invocation: invocation.id, agent: invocation.agent, commit: invocation.commit,
            state: invocation.state.rawValue, answer: invocation.outcome ?? "", tokens: invocation.usage,
            costMicrodollars: invocation.costMicrodollars, turns: outcome.turns.count,
            awaitingApproval: outcome.awaiting.map(\.id),
            refusedActions: outcome.refused.map {
                Document.RefusedAction(
                    id: $0.id, operation: $0.operation, subject: $0.subject, state: $0.state.rawValue,
                    reason: $0.error ?? $0.result ?? "")
            },
            refusedCalls: outcome.blocked.map {
                Document.RefusedCall(operation: $0.name, subject: $0.blockedSubject ?? "", reason: $0.result ?? "")
            },
            openActions: outcome.left.map {
                Document.OpenAction(
                    id: $0.id, operation: $0.operation, subject: $0.subject, available: $0.availableAt,
                    reason: $0.error ?? "")
            }, error: outcome.failure?.message)
    }

    var rows: [Invocation] { [outcome.invocation] }

    var columns: [Column<Invocation>] {
        [
            .text("INVOCATION", \.id.description), .text("AGENT", \.agent), .text("STATE", \.state.rawValue),
            .number("TOKENS", \.usage.total), .text("COST") { Money.dollars($0.costMicrodollars) },
            .text("ANSWER") { $0.outcome ?? "" },
        ]
    }
}
