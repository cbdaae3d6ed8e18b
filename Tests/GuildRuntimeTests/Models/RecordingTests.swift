import Foundation
import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct RecordingTests {
    private static let line =
        #"{"key":"k","origin":"authored","note":"n","request":{"messages":[]},"response":{"content":[{"type":"text","text":"hi"},{"type":"tool_use","id":"t","name":"a.b","input":{"x":1}},{"type":"reasoning","value":{"type":"thinking"}}],"stop":"tool_use","usage":{"input":1,"cache_read":2,"cache_write":3,"output":4,"reasoning":5}},"context":{"now":"x"}}"#

    @Test func `a line is read and written again as it was`() throws {
        let recording = try Recording(bytes: Array("\n\(Self.line)\r\n\n".utf8))
        let entry = try #require(recording.entries.first)
        #expect(recording.entries.count == 1)
        #expect(entry.answer.usage == TokenUsage(input: 1, cacheRead: 2, cacheWrite: 3, output: 4, reasoning: 5))
        #expect(entry.document.text() == Self.line)
    }

    @Test(arguments: [
        ("{", "not JSON"), ("[]", "expected a mapping"), (#"{"kee":""}"#, "unknown key 'kee'"), ("{}", "'key'"),
        (#"{"key":"","origin":"made"}"#, "authored or recorded"), (#"{"key":"","origin":"authored"}"#, "'response'"),
        (#"{"key":"","origin":"authored","response":{}}"#, "response.content"),
        (#"{"key":"","origin":"authored","response":{"content":[]}}"#, "response.stop"),
        (#"{"key":"","origin":"authored","response":{"content":[{"type":"txt"}],"stop":"end_turn"}}"#, "content[0]"),
        (
            #"{"key":"","origin":"authored","response":{"content":[{"type":"tool_result","id":"","content":""}],"stop":"end_turn"}}"#,
            "cannot hold a tool_result"
        ),
        (
            #"{"key":"","origin":"authored","response":{"content":[],"stop":"end_turn","usage":{"input":-1}}}"#,
            "usage.input"
        ),
        (
            #"{"key":"","origin":"authored","response":{"content":[],"stop":"end_turn","usage":{"outptu":1}}}"#,
            "usage.outptu"
        ),
    ])
    func `a bad line is refused with its number and its fault`(line: String, fault: String) {
        do {
            _ = try Recording(bytes: Array("\n\(Self.line)\n\(line)\n".utf8))
            Issue.record("accepted")
        } catch {
            #expect(error.line == 3)
            #expect(error.message.contains(fault))
        }
    }
}

@Suite struct RecorderTests {
    /// Answers from a list, as a live provider would.
    private struct Scripted: ModelProvider {
        let name = "scripted"
        let answer: ModelTurn

        func complete(
            _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
        ) async throws(ModelFailure) -> ModelTurn { answer }
    }

    private func withFile(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "recorder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // A folder that stays behind in the temporary one does no harm.
            try? FileManager.default.removeItem(at: folder)
        }
        try await body(folder.appending(path: "run.jsonl").path)
    }

    private static let turn = ModelTurn(
        content: [.text("Hello\nyou"), .toolUse(id: "t", name: "a.b", input: ["x": [1]])],
        stop: .toolUse, usage: TokenUsage(input: 7, output: 3), model: "ran", responseID: "r")

    @Test func `what was recorded in one run is replayed in another`() async throws {
        try await withFile { path in
            let live = Recorder(Scripted(answer: Self.turn), path: path) { Issue.record("\($0)") }
            var request = ModelRequest.hello
            request.system = "Event 01KA0000000000000000000001"
            _ = try await live.forRun(volatile: [("event.id", "01KA0000000000000000000001")]).complete(request) { _ in }
            let recording = try Recording(bytes: Array(try Data(contentsOf: URL(filePath: path))))
            #expect(recording.entries.first?.request?["system"] == "Event <event.id>")
            request.system = "Event 01KB0000000000000000000009"
            let replayed = try await ReplayProvider(recording)
                .forRun(volatile: [("event.id", "01KB0000000000000000000009")]).complete(request) { _ in }
            #expect(replayed.content == Self.turn.content)
            #expect(replayed.stop == .toolUse)
            #expect(replayed.usage == Self.turn.usage)
            #expect(replayed.replayOrigin == "recorded")
        }
    }

    @Test func `a line that lost its end in a crash does not swallow the next`() async throws {
        try await withFile { path in
            try Data(#"{"key":"half"#.utf8).write(to: URL(filePath: path))
            let live = Recorder(Scripted(answer: Self.turn), path: path) { Issue.record("\($0)") }
            _ = try await live.complete(.hello) { _ in }
            _ = try await live.complete(.hello) { _ in }
            let lines = try String(contentsOf: URL(filePath: path), encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 3)
            #expect(try Recording(bytes: Array(lines.dropFirst().joined(separator: "\n").utf8)).entries.count == 2)
        }
    }

    @Test func `an answer that cannot be written down is still given`() async {
        await confirmation { told in
            let live = Recorder(Scripted(answer: Self.turn), path: "/nowhere/at/all.jsonl") { problem in
                #expect(problem.message.contains("/nowhere/at/all.jsonl"))
                told()
            }
            let failure = await live.failure(.hello)
            #expect(failure == nil)
        }
    }
}
