import GuildDomain
import Synchronization
import Testing

@testable import GuildRuntime

@Suite struct ReplayProviderTests {
    private func entry(
        _ request: ModelRequest, _ answer: String, note: String? = nil, writesRequest: Bool = true
    ) -> Recording.Entry {
        Recording.Entry(
            key: RequestDigest.key(of: request, volatile: []), origin: .authored, note: note,
            request: writesRequest ? request.document : nil,
            answer: .init(content: [.text(answer)], stop: .endTurn, usage: TokenUsage(input: 5, output: 2)))
    }

    private func asking(_ texts: String..., system: String = "Be brief.") -> ModelRequest {
        ModelRequest(
            model: "m", system: system, messages: texts.map { ModelMessage(role: .user, content: [.text($0)]) })
    }

    @Test func `a recorded request gets its answer in words, its usage and its origin`() async throws {
        let content: [ModelContent] = [
            .reasoning(["type": "thinking", "thinking": "well then"]), .text("Hello  there,\nfriend"),
            .toolUse(id: "t", name: "a.b", input: [:]),
        ]
        var recorded = entry(.hello, "")
        recorded.answer = .init(content: content, stop: .toolUse, usage: nil)
        let box = DeltaBox()
        let turn = try await ReplayProvider(Recording(entries: [recorded])).complete(.hello) { box.append($0) }
        #expect(turn.content == content)
        #expect(turn.stop == .toolUse)
        #expect(turn.usage == nil)
        #expect(turn.replayOrigin == "authored")
        #expect(
            box.all == [
                .reasoning("well "), .reasoning("then"), .text("Hello  "), .text("there,\n"), .text("friend"),
                .toolUseStarted(id: "t", name: "a.b"),
            ])
    }

    @Test func `identical requests answer in recorded order, also across runs, and then miss`() async throws {
        let provider = ReplayProvider(Recording(entries: [entry(.hello, "one"), entry(.hello, "two", note: "again")]))
        let first = try await provider.forRun(volatile: [("now", "2026-11-22")]).complete(.hello) { _ in }
        let second = try await provider.forRun(volatile: [("now", "2026-11-23")]).complete(.hello) { _ in }
        #expect(first.content == [.text("one")])
        #expect(second.content == [.text("two")])
        let miss = await provider.failure(.hello)
        #expect(miss?.message.contains("was answered 2 times, as often as it was recorded") == true)
    }

    @Test func `volatile values of the run do not matter`() async throws {
        let written = asking("It is <now>.")
        let provider = ReplayProvider(Recording(entries: [entry(written, "fine")]))
            .forRun(volatile: [("now", "2026-11-22T08:30:00Z")])
        let turn = try await provider.complete(asking("It is 2026-11-22T08:30:00Z.")) { _ in }
        #expect(turn.content == [.text("fine")])
    }

    @Test func `a miss names the first message that differs, the key and the way out`() async throws {
        let provider = ReplayProvider(
            Recording(entries: [
                entry(asking("far", "away", "from it"), "", note: "other"),
                entry(asking("one", "issue 42 is open", "three"), "", note: "triage"),
            ]))
        let asked = asking("one", "issue 43 is open", "three")
        guard case .replayMiss(let reason, let hint)? = await provider.failure(asked) else {
            Issue.record("no miss")
            return
        }
        let key = RequestDigest.key(of: asked, volatile: [])
        #expect(reason.contains("no recorded answer for request \(key)"))
        #expect(reason.contains("(triage), differs first in message 2 (user)"))
        #expect(reason.contains("'issue 42 is open'"))
        #expect(reason.contains("'issue 43 is open'"))
        #expect(reason.contains("(other)"))
        #expect(hint.contains("LLMRegistry"))
        #expect(hint.contains(key))
    }

    @Test func `a miss tells a different prompt, more messages and other tools`() async throws {
        let provider = ReplayProvider(Recording(entries: [entry(asking("one"), "")]))
        #expect(await provider.failure(asking("one", system: "Be long."))?.message.contains("system prompt") == true)
        #expect(
            await provider.failure(asking("one", "two"))?.message.contains("has 1 messages, the request 2") == true)
        var tools = asking("one")
        tools.tools = [ModelTool(name: "a.b", summary: "", schema: [:])]
        #expect(await provider.failure(tools)?.message.contains("differs in tools") == true)
    }

    @Test func `without recorded requests a miss lists what there is`() async throws {
        let entries = (1...10).map { entry(asking("\($0)"), "", note: "turn \($0)", writesRequest: false) }
        let message = await ReplayProvider(Recording(entries: entries)).failure(.hello)?.message ?? ""
        #expect(message.contains("\(entries[0].key) (turn 1)"))
        #expect(message.hasSuffix("and 2 more"))
        #expect(await ReplayProvider(Recording(entries: [])).failure(.hello)?.message.hasSuffix("is empty") == true)
    }

    @Test func `an entry with an empty key never matches`() async throws {
        var blank = entry(.hello, "never")
        blank.key = ""
        #expect(
            await ReplayProvider(Recording(entries: [blank])).failure(.hello)?.message.contains("without key") == true)
    }
}

/// Collects deltas from a closure that may run anywhere.
final class DeltaBox: Sendable {
    private let deltas = Mutex<[ModelDelta]>([])

    var all: [ModelDelta] { deltas.withLock { $0 } }

    func append(_ delta: ModelDelta) { deltas.withLock { $0.append(delta) } }
}
