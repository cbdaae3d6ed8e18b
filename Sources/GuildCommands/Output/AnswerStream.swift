import GuildDomain
import GuildLedger
import GuildRuntime
import Synchronization

/// The models' answers of a `serve` process, for a person who watches. Answers of concurrent invocations mix; each
/// begins and ends with a line of its own.
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

    /// A reader that went away is not a reason to stop serving.
    private func write(_ text: String) { Terminal.write(stream.withLock { $0.shown(text) }, to: .output) }
}
