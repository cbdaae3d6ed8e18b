import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// Our clients against what the vendors really sent, in pieces of every size.
@Suite(.enabled(if: ModelSamples.exist, "the recorded exchanges lie beside the repository, in ../shared/samples"))
struct RecordedExchangeTests {
    private func replay(_ sample: ModelSample, _ kind: ProviderSettings.Kind, _ cut: Cut) async throws -> ModelTurn {
        let vendor = try ModelServer(cut.steps(sample.events))
        let deltas = DeltaBox()
        // On a busy machine the pieces may be far apart; what comes after the answer is waited for by this clock.
        let provider = try vendor.provider(kind, time: ManualTime())
        let turn = try await provider.complete(.hello) { deltas.append($0) }
        let text = turn.content.map { if case .text(let text) = $0 { text } else { "" } }.joined()
        let streamed = deltas.all.map { if case .text(let text) = $0 { text } else { "" } }.joined()
        #expect(Array(streamed.utf8) == Array(text.utf8))
        return turn
    }

    @Test(arguments: ModelSamples.streamed("anthropic", "messages"), Cut.allCases)
    func `a recorded Anthropic stream gives its text and its usage`(sample: ModelSample, cut: Cut) async throws {
        let turn = try await replay(sample, .anthropic, cut)
        #expect(turn.stop == .endTurn)
        #expect(turn.content.contains { if case .text = $0 { true } else { false } })
        // This sample's usage was read off the last event that had one, of a type that does not exist yet.
        let usage: JSONValue =
            sample.id == "llm-0971" ? ["input_tokens": 11, "output_tokens": 6] : sample.usage
        #expect(turn.usage?.input == usage["input_tokens"]?.integer)
        #expect(turn.usage?.output == usage["output_tokens"]?.integer)
        #expect(turn.usage?.cacheRead == usage["cache_read_input_tokens"]?.integer ?? 0)
        #expect(turn.usage?.cacheWrite == usage["cache_creation_input_tokens"]?.integer ?? 0)
    }

    @Test(arguments: ModelSamples.streamed("openai", "chat"), Cut.allCases)
    func `a recorded chat completion gives its text and its usage`(sample: ModelSample, cut: Cut) async throws {
        let turn = try await replay(sample, .openai, cut)
        #expect(turn.stop == .endTurn)
        #expect(turn.content.count == 1)
        #expect(turn.usage?.total == sample.usage["total_tokens"]?.integer)
        #expect(turn.usage?.input == sample.usage["prompt_tokens"]?.integer)
        #expect(turn.usage?.output == sample.usage["completion_tokens"]?.integer)
    }

    @Test func `thinking and the provider's own tools of a recorded stream are handed back as they came`() async throws
    {
        let sample = try #require(ModelSamples.all.first { $0.id == "llm-0200" })
        let turn = try await replay(sample, .anthropic, .chunks)
        let types = turn.content.map { content in
            if case .reasoning(let value) = content { value["type"]?.string ?? "" } else { "text" }
        }
        #expect(types == ["thinking", "text", "server_tool_use", "bash_code_execution_tool_result", "text"])
        let request = ModelRequest(
            model: "m", system: "", messages: [ModelMessage(role: .assistant, content: turn.content)])
        let blocks = AnthropicRequest(request: request, names: WireToolNames([])).body["messages"]?.array?.first?[
            "content"]
        let thinking = try #require(blocks?.array?.first)
        #expect(thinking["thinking"]?.string == "Let me calculate this mathematical expression.")
        #expect(thinking["signature"]?.string?.hasPrefix("EusBClsI") == true)
        #expect(blocks?.array?[2]["input"]?["command"]?.string == #"echo "65465-6544 * 65464-6+1.02255" | bc -l"#)
    }

    @Test(arguments: [7, 100, 600, 1300])
    func `a recorded stream cut anywhere is broken, never half an answer`(bytes: Int) async throws {
        for (kind, vendor, api) in [
            (ProviderSettings.Kind.anthropic, "anthropic", "messages"), (.openai, "openai", "chat"),
        ] {
            let sample = try #require(ModelSamples.streamed(vendor, api).first { $0.events.count > 1600 })
            let server = try ModelServer(Cut.whole.steps(Array(sample.events.prefix(bytes))))
            guard case .broken = try await server.provider(kind).failure(.hello)?.cause else {
                Issue.record("\(vendor) cut at \(bytes) is not broken")
                continue
            }
        }
    }
}
