import GuildCodex
import GuildDomain
import GuildOffice
import GuildTestSupport
import GuildTransport
import Testing

@testable import GuildConnectors
@testable import GuildRuntime

@Suite struct ModelSelectionTests {
    private func labels(_ model: String, override: String? = nil, chain: String = "") throws -> [String] {
        try candidates(model, override: override, chain: chain).map(\.label)
    }

    private func candidates(_ model: String, override: String? = nil, chain: String = "") throws -> [ChosenModel] {
        let more = chain.isEmpty ? "" : "routing: { fallback_chain: [\(chain)] }"
        let snapshot = try OfficeCodex.snapshot([
            "agents/clerk.yaml": OfficeCodex.agent(model: model),
            "providers/models.yaml": OfficeCodex.models("http://127.0.0.1:9", more),
        ])
        let agent = try #require(snapshot.agent("clerk"))
        return try ModelSelection.candidates(for: agent, override: override, in: snapshot)
    }

    @Test func `a name is the model of that entry, and the fallback chain stands behind it`() throws {
        #expect(try labels("scripted") == ["scripted/small"])
        #expect(try labels("Scripted", chain: "spare, scripted") == ["scripted/small", "spare/large"])
    }

    @Test func `another model of an entry has that entry's address and no prices`() throws {
        let chosen = try #require(try candidates("scripted/huge").first)
        #expect(chosen.label == "scripted/huge")
        #expect(chosen.entry.prices == nil)
        #expect(try candidates("scripted").first?.entry.prices != nil)
        #expect(try candidates("scripted/small").first?.entry.prices != nil)
        #expect(try labels("scripted", override: "openai-compatible/org/huge") == ["scripted/org/huge"])
    }

    @Test func `a model that the accepted commit has too costs what it says there, and any other what its own says`()
        throws
    {
        let models = OfficeCodex.models("http://127.0.0.1:9")
        let draft = try OfficeCodex.snapshot([
            "providers/models.yaml": models.replacing("0.001", with: "0.1").replacing("name: spare", with: "name: new")
                .replacing("max_output_tokens: 2048", with: "cost_per_1k_input: 7, cost_per_1k_output: 8")
        ])
        let head = try OfficeCodex.snapshot()
        let agent = try #require(draft.agent("clerk"))
        func priced(_ name: String) throws -> TokenPrices? {
            try ModelSelection.candidates(for: agent, override: name, in: draft, pricedBy: head).first?.entry.prices
        }
        #expect(try priced("scripted") == head.provider(named: "scripted")?.prices)
        #expect(try priced("new") == draft.provider(named: "new")?.prices)
        #expect(try priced("new") != nil)
        #expect(try priced("scripted/huge") == nil)
    }

    @Test func `requirements take the preferred ones first, then by priority`() throws {
        #expect(try labels("{ requires: [chat] }") == ["scripted/small", "spare/large", "replayed/replay"])
        #expect(try labels("{ requires: [chat], prefer: [spare] }").first == "spare/large")
        #expect(try labels("{ requires: [chat, vision], prefer: [scripted] }") == ["spare/large"])
    }

    @Test func `what a person asks for has no fallback`() throws {
        #expect(try labels("scripted", override: "spare", chain: "replayed") == ["spare/large"])
    }

    @Test func `a model that is not there is named with the nearest`() throws {
        #expect(throws: NoModel(agent: "clerk", wanted: "scriptet", nearest: "scripted")) {
            try labels("scripted", override: "scriptet")
        }
        #expect(throws: NoModel.self) { try labels("scripted", override: "nobody/huge") }
    }
}

@Suite struct ModelProvidersTests {
    private let client = HTTPClient(settings: HTTPClientSettings(environment: [:]))

    private func providers(_ substitute: ModelProviders.Substitute? = nil) -> ModelProviders {
        let secrets = SecretResolver(
            redactor: Redactor(), trust: EverySecret(), http: nil, clock: ManualTime(), logger: silent
        ) { _ in nil }
        return ModelProviders(client: client, secrets: secrets, substitute: substitute) { _ in }
    }

    private func provider(
        _ name: String, _ changes: [String: String?] = [:], _ substitute: ModelProviders.Substitute? = nil
    ) throws -> any ModelProvider {
        let snapshot = try OfficeCodex.snapshot(changes)
        let entry = try #require(snapshot.provider(named: name))
        return try providers(substitute).provider(
            of: ChosenModel(entry: entry, model: entry.model), agent: "clerk", in: snapshot, volatile: [])
    }

    @Test func `a replayed agent without a recording is told how to make one`() throws {
        do {
            _ = try provider("replayed")
            Issue.record("there is a provider")
        } catch let failure as ModelFailure {
            #expect(failure.message == "replayed: agent clerk has no recording recordings/clerk.jsonl")
            #expect(failure.hint?.contains("guild run clerk --model PROVIDER --record recordings/clerk.jsonl") == true)
        }
    }

    @Test func `a broken recording names its line`() throws {
        do {
            _ = try provider("replayed", ["recordings/clerk.jsonl": "\n{}\n"])
            Issue.record("there is a provider")
        } catch let failure as ModelFailure {
            #expect(failure.message.hasPrefix("replayed: line 2 of the recording: "))
        }
    }

    @Test func `replaying in its place calls nobody`() async throws {
        let provider = try provider("scripted", [:], .replay(Recording(entries: [])))
        #expect(provider.name == "replay")
        guard case .replayMiss? = await provider.failure(.hello) else {
            Issue.record("no miss")
            return
        }
    }

    @Test func `a key that cannot be had shows at the call, by the name of its reference`() async throws {
        let models = OfficeCodex.models("http://127.0.0.1:9").replacing(
            "model: small,", with: "model: small, api_key: \"env://NO_SUCH_KEY\",")
        let provider = try provider("scripted", ["providers/models.yaml": models])
        guard case .notConfigured(_, let reason, _)? = await provider.failure(.hello) else {
            Issue.record("it is configured")
            return
        }
        #expect(reason.contains("NO_SUCH_KEY"))
    }
}
