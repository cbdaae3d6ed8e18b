import GuildDomain
import GuildHTTP
import Synchronization

/// The script as it runs: of the steps that fit a request the first that is not used up applies.
final class ScriptState: Sendable {
    private struct State {
        var entries: [ScriptEntry]
        var uses: [Int]

        init(_ entries: [ScriptEntry]) {
            self.entries = entries
            uses = Array(repeating: 0, count: entries.count)
        }
    }

    private let state: Mutex<State>

    init(_ entries: [ScriptEntry]) { state = Mutex(State(entries)) }

    func replace(_ entries: [ScriptEntry]) { state.withLock { $0 = State(entries) } }

    func restart() { state.withLock { $0 = State($0.entries) } }

    func step(for call: ModelCall) -> ScriptEntry? {
        take { entry in
            entry.path == nil && entry.match.map { call.text.contains($0) } ?? true
                && entry.model.map { $0 == call.model } ?? true
                && entry.hasToolResult.map { $0 == call.hasToolResult } ?? true
        }
    }

    func step(for request: Request) -> ScriptEntry? {
        take { entry in
            guard let path = entry.path, request.path.contains(path) else { return false }
            let text = entry.match.map { String(decoding: request.body, as: UTF8.self).contains($0) } ?? true
            return text && entry.method.map { $0 == request.method } ?? true
        }
    }

    private func take(_ fits: (ScriptEntry) -> Bool) -> ScriptEntry? {
        state.withLock { state in
            for index in state.entries.indices {
                let entry = state.entries[index]
                guard entry.times.map({ state.uses[index] < $0 }) ?? true, fits(entry) else { continue }
                state.uses[index] += 1
                return entry
            }
            return nil
        }
    }
}
