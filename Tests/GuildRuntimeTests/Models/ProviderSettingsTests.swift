import GuildDomain
import GuildTransport
import Testing

@testable import GuildRuntime

@Suite struct ProviderSettingsTests {
    private let client = HTTPClient()

    @Test(arguments: [
        ("https://api.openai.com", "https://api.openai.com/v1/chat/completions", true),
        ("https://API.openai.com/v1/", "https://API.openai.com/v1/chat/completions", true),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions", false),
        ("http://host/proxy/", "http://host/proxy/v1/chat/completions", false),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/chat/completions", false),
        ("https://g.example/v1beta/openai/", "https://g.example/v1beta/openai/chat/completions", false),
        ("https://h.example/v1/chat/completions", "https://h.example/v1/chat/completions", false),
        ("https://a.example/v1?api-version=3", "https://a.example/v1/chat/completions?api-version=3", false),
        ("https://api.openai.com.evil.example", "https://api.openai.com.evil.example/v1/chat/completions", false),
    ])
    func `an OpenAI address may be given with or without its version`(base: String, url: String, isOpenAI: Bool) {
        let endpoint = OpenAIProvider.endpoint(base)
        #expect(endpoint.url == url)
        #expect(endpoint.isOpenAI == isOpenAI)
    }

    @Test(arguments: [
        "https://a.example", "https://a.example/", "https://a.example/v1", "https://a.example/v1/messages/",
    ])
    func `an Anthropic address may be given with or without its path`(base: String) {
        #expect(AnthropicProvider.endpoint(base) == "https://a.example/v1/messages")
    }

    @Test func `OpenAI itself gets the newer name of the reply limit`() {
        let dialect = OpenAIDialect(isOpenAI: true)
        let body = OpenAIRequest(request: .hello, names: WireToolNames([]), dialect: dialect).body
        #expect(body["max_completion_tokens"] == 1024)
        #expect(body["max_tokens"] == nil)
    }

    @Test(arguments: [nil, "", "\n", "sk-a\r\nx-other: 1", "ключ"])
    func `a missing or impossible key stops the call before it leaves`(key: String?) async throws {
        let settings = ProviderSettings(kind: .anthropic, apiKey: { key })
        guard case .notConfigured(_, let reason, let hint) = try await settings.provider(client: client).failure(.hello)
        else {
            Issue.record("the call left")
            return
        }
        #expect(!reason.contains("sk-a"))
        #expect(hint.contains("api_key"))
    }

    @Test func `a key's resolver may fail with its own words`() async throws {
        let settings = ProviderSettings(
            kind: .openai, apiKey: { throw Failure(.unavailable, "env://KEY is not set", hint: "export KEY") })
        let failure = try await settings.provider(client: client).failure(.hello)
        #expect(failure == .notConfigured(provider: "openai", reason: "env://KEY is not set", hint: "export KEY"))
    }

    @Test(arguments: [
        ProviderSettings(kind: .google), ProviderSettings(kind: .openAICompatible), ProviderSettings(kind: .replay),
        ProviderSettings(kind: .replay, recording: Array("{}".utf8)),
    ])
    func `settings that cannot work say what to change`(settings: ProviderSettings) {
        do {
            _ = try settings.provider(client: client)
            Issue.record("made a provider")
        } catch {
            guard case .notConfigured(_, let reason, let hint) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!reason.isEmpty && !hint.isEmpty)
        }
    }

    @Test func `an address that is none is a matter of configuration`() async throws {
        let settings = ProviderSettings(kind: .openAICompatible, baseURL: "ftp://nowhere")
        guard case .notConfigured = try await settings.provider(client: client).failure(.hello) else {
            Issue.record("not notConfigured")
            return
        }
    }
}
