import GuildDomain
import GuildLedger
import GuildRuntime
import Synchronization

/// What the models of a `serve` process say, for a person who watches. Answers of invocations that run side by side
/// mix; each begins and ends with a line of its own.
final class AnswerStream: Sendable {
    private let stream = Mutex(TerminalStream())

    func show(_ event: RunEvent) {
        switch event {
        case .began(let invocation, let model, _):
            write("[\(invocation.agent) \(invocation.id) · \(ScreenText.line(model))]\n")
        case .delta(.text(let text)): write(text)
        case .asked(let call): write("\n→ \(TextTable.printable(call.name))\n")
        case .ended(let id, let state, _, _): write("\n[\(id) \(state.rawValue)]\n")
        case .outOfBudget(let id, let refusal, _): write("\n[\(id) waits: \(ScreenText.line(refusal.message))]\n")
        case .delta, .result, .answered, .waiting, .retrying, .warned, .notRecorded: break
        }
    }

    /// A reader that went away is no reason to stop serving.
    private func write(_ text: String) { Terminal.write(stream.withLock { $0.shown(text) }, to: .output) }
}
