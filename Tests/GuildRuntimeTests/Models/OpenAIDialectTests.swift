import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// In which words a server of OpenAI's format is asked.
@Suite struct OpenAIDialectTests {
    private static func refusing(_ parameter: String, with error: String) throws -> ModelServer {
        try ModelServer { request in
            let body = String(decoding: request.body, as: UTF8.self)
            guard !body.contains("\"\(parameter)\"") else {
                return RawServer.respond(
                    status: 400, headers: ["Content-Type": "application/json"], body: #"{"error":\#(error)}"#)
            }
            return Cut.whole.steps(ProviderCallTests.events(ProviderCallTests.openAIAnswer))
        }
    }

    @Test(arguments: [
        ("gpt-5", true), ("gpt-5.1-mini", true), ("openai/gpt-6", true), ("o3", true), ("o4-mini", true), ("O1", true),
        ("gpt-4o", false), ("gpt-4.1", false), ("gpt-oss-120b", false), ("olmo", false), ("o", false), ("", false),
        ("gpt-99999999999999999999", false),
    ])
    func `a gateway is asked for newer models by the newer name of the limit`(model: String, isNew: Bool) async throws {
        #expect(OpenAIDialect(model: model, isRelay: true).limit == (isNew ? .maxCompletionTokens : .maxTokens))
        #expect(OpenAIDialect(model: model).limit == .maxTokens)
        guard !model.isEmpty else { return }
        let vendor = try ModelServer(Cut.whole.steps(ProviderCallTests.events(ProviderCallTests.openAIAnswer)))
        _ = try await vendor.provider(.openai).complete(.hello(model: model)) { _ in }
        #expect(try vendor.sent()[isNew ? "max_completion_tokens" : "max_tokens"] == 1024)
    }

    @Test(arguments: [
        (
            "max_tokens",
            #"{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}"#
        ),
        ("max_tokens", #"{"message":"max_tokens: Extra inputs are not permitted"}"#),
        (
            "stream_options",
            #"{"message":"Unrecognized request argument supplied: stream_options","param":null,"code":null}"#
        ),
    ])
    func `a parameter that is refused is left out or renamed, and not tried again`(
        parameter: String, error: String
    ) async throws {
        let (vendor, dialects) = (try Self.refusing(parameter, with: error), OpenAIDialects())
        for _ in 0..<2 {
            // A provider is made for each run; what was found out is the process's.
            let turn = try await vendor.provider(.openAICompatible, dialects: dialects)
                .complete(ProviderCallTests.conversation) { _ in }
            #expect(turn.stop == .toolUse)
        }
        #expect(try vendor.allSent.map { $0[parameter] != nil } == [true, false, false])
        #expect(try vendor.allSent.allSatisfy { ($0["max_tokens"] ?? $0["max_completion_tokens"]) == 256 })
        // Another model may take it.
        _ = try await vendor.provider(.openAICompatible, dialects: dialects).complete(.hello(model: "other")) { _ in }
        #expect(try vendor.allSent.count == 5)
    }

    @Test func `a server that takes no name of the limit is told so, not the prompt`() async throws {
        let vendor = try Self.refusing(
            "model", with: #"{"message":"max_tokens and max_completion_tokens: unknown parameter"}"#)
        let failure = try #require(try await vendor.provider(.openAICompatible).failure(.hello))
        #expect(vendor.server.requests.count <= 3)
        #expect(failure.hint?.contains("rejects 'max_tokens'") == true)
        #expect(failure.message.contains("refused the request (400)"))
    }

    @Test(arguments: [
        #"{"message":"max_tokens is too large: 1024","param":"max_tokens","code":"invalid_value"}"#,
        #"{"message":"Unsupported value: 'temperature'","param":"temperature","code":"unsupported_value"}"#,
        #"{"message":"bad"}"#,
    ])
    func `another complaint changes nothing`(error: String) async throws {
        let vendor = try Self.refusing("model", with: error)
        guard case .rejected(_, 400, _, nil) = try await vendor.provider(.openAICompatible).failure(.hello) else {
            Issue.record("not refused for good")
            return
        }
        #expect(vendor.server.requests.count == 1)
    }
}
