import Foundation
import GuildCodex
import GuildDomain
import Testing

/// Fixtures/good holds every kind with every key of the specification.
struct GoodManifestTests {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/good"

    private let result: LoadResult
    private let snapshot: CodexSnapshot

    init() throws {
        result = try CodexLoader.load(folder: Self.path, systems: SmallCodex.systems)
        snapshot = try result.get()
    }

    @Test func `every key of every kind is accepted`() {
        #expect(result.problems.filter { $0.severity == .error }.map(\.text) == [])
        #expect(snapshot.isWorktree)
        #expect(snapshot.agents.keys.sorted() == ["investigator", "older", "one-line", "ranger"])
        #expect(snapshot.endpoints.map(\.name) == ["crm", "github"])
        #expect(snapshot.connectors.count == 6)
        #expect(snapshot.feeds.map(\.kind) == [.calendar, .rss])
        #expect(snapshot.swarms.first?.stages.map(\.agent) == ["ranger", "investigator"])
        #expect(snapshot.privacy.first?.retention.rawMessages == .seconds(30 * 86_400))
        #expect(snapshot.notifications.first?.quietHours?.timezone == "Europe/London")
    }

    @Test func `what this version does not run is warned about`() {
        let texts = result.warnings.map(\.message)
        for feature in [
            "feed triggers", "q_learning layers", "Swarm", "FeedAggregator", "tools of mcp",
            "blocked channels", "webhooks of acme-crm", "connectors of aws",
            "Gemini's own wire format",
        ] {
            let isWarned = texts.contains { $0.hasPrefix(feature + ": no") && $0.hasSuffix(" in this version") }
            #expect(isWarned, "\(feature)")
        }
        #expect(!texts.contains { $0.contains("Vault") || $0.contains("catching up") })
    }

    @Test func `an agent is found by its name in any case, with typed fields`() throws {
        let ranger = try #require(snapshot.agent("Ranger"))
        #expect(ranger.chapter == "payments")
        #expect(snapshot.chapter("PAYMENTS")?.members.first?.rights == Set(ChapterManifest.Member.Right.allCases))
        #expect(ranger.labels == ["tier": "critical", "category": "observer", "on": "1"])
        #expect(ranger.model == .named("claude-sonnet"))
        #expect(ranger.resources.costBudget.perInvocation == 500_000)
        #expect(ranger.resources.maxActiveDuration == .seconds(600))
        func rule(_ name: String) -> ToolRule? {
            SmallCodex.systems.operations[name].flatMap { ranger.rules(for: $0).first }
        }
        #expect(rule("github.get_issue")?.autonomy == .act)
        #expect(rule("github.create_issue")?.autonomy == .deny)
        #expect(rule("codex.read") == nil)
        #expect(ranger.outputSchema == "schemas/triage.json")
        #expect(try snapshot.outputSchema(of: ranger)?.accepts(["severity": 1]) == true)
        #expect(try snapshot.outputSchema(of: ranger)?.accepts([:]) == false)
    }

    @Test func `triggers keep conditions, debounce and schedules`() throws {
        let triggers = try #require(snapshot.agent("ranger")).triggers
        #expect(triggers.map(\.kind) == [.webhook, .cron, .cron, .event, .feed, .manual])
        #expect(triggers[0].conditions?.matches(["data": ["severity": "P1"]]) == true)
        #expect(triggers[0].events[1].matches("alert.resolved"))
        #expect(
            triggers[0].debounce == DebounceSettings(window: .seconds(60), key: "{{subject}}", maxWait: .seconds(1200)))
        #expect(triggers[3].debounce?.maxWait == .seconds(300))
        #expect(triggers[5].priority == .critical)
        let patrol = try #require(triggers[1].cron)
        #expect(patrol.name == "patrol")
        #expect(patrol.timezone == "America/Los_Angeles")
        #expect(patrol.catchUp == CronTrigger.CatchUp(policy: .runOnce, window: .seconds(7200)))
        let unnamed = try #require(triggers[2].cron)
        #expect(unnamed.timezone == "Europe/London")
        #expect(unnamed.name.hasPrefix("cron-"))
    }

    @Test func `a schedule without a name keeps its identity when triggers are reordered`() throws {
        let first = try SmallCodex.agent(
            "triggers: [{ type: manual }, { type: cron, schedule: '0 9 * * 1', intent: A }]")
        let second = try SmallCodex.agent(
            "triggers: [{ type: cron, schedule: '0  9 * * 1', intent: A }, { type: manual }]")
        let other = try SmallCodex.agent("triggers: [{ type: cron, schedule: '0 9 * * 1', intent: B }]")
        #expect(first.triggers[1].cron?.name == second.triggers[0].cron?.name)
        #expect(first.triggers[1].cron?.name != other.triggers[0].cron?.name)
    }

    @Test func `older spellings mean the same`() throws {
        let older = try #require(snapshot.agent("older"))
        #expect(older.triggers.first?.events == ["issues.opened"])
        #expect(older.resources.tokenBudget.perInvocation == 4000)
        #expect(older.resources.maxActiveDuration == .seconds(90))
        #expect(snapshot.prompt(of: older) == "You are old.\nYou stay.\n")
        let short = try #require(snapshot.agent("one-line"))
        #expect(short.prompt == .inline("You say yes."))
    }

    @Test func `a prompt is read without its front matter`() throws {
        #expect(snapshot.prompt(of: try #require(snapshot.agent("ranger"))) == "Watch {{subject}}.\n")
        #expect(snapshot.prompt(of: try #require(snapshot.agent("investigator"))) == "Find out.\n")
    }

    @Test func `files are found by path and by glob`() {
        #expect(snapshot.files(matching: "adr/*.md") == ["adr/0001.md", "adr/0002.md"])
        #expect(snapshot.file("adr/0001.md") == Array("# One\n".utf8))
        #expect(snapshot.file("../SmallCodex.swift") == nil)
    }

    @Test func `models are found by name, by provider and model, and in order of priority`() throws {
        let sonnet = try #require(snapshot.provider(named: "Claude-Sonnet"))
        #expect(
            sonnet.prices
                == TokenPrices(
                    input: 3_000_000, cacheRead: 300_000, cacheWrite: 3_750_000, output: 15_000_000,
                    reasoning: 15_000_000))
        #expect(sonnet.apiKey == .vault(mount: "secret", path: "llm/anthropic", field: "key"))
        #expect(snapshot.provider(named: "anthropic/claude-sonnet-4-5") == sonnet)
        let opus = try #require(snapshot.provider(named: "anthropic/claude-opus"))
        #expect(opus.model == "claude-opus" && opus.prices == nil && opus.apiKey == sonnet.apiKey)
        #expect(snapshot.provider(named: "nobody/x") == nil)
        #expect(snapshot.provider(named: "local")?.prices?.reasoning == 1)
        #expect(snapshot.provider(named: "gpt")?.prices == nil)
        #expect(snapshot.provider(named: "replayed")?.prices?.output == 0)
        #expect(snapshot.providers.map(\.name).prefix(3) == ["replayed", "claude-sonnet", "gpt"])
        #expect(snapshot.fallbackChain == ["gpt", "local"])
    }

    @Test func `layers and their rules stand in the order of priority`() {
        let policy = snapshot.routing.first
        #expect(policy?.layers.map(\.kind) == [.rules, .qLearning, .loadBalanced])
        #expect(policy?.rules.map(\.agents) == [["ranger"], ["Older", "one-line"]])
    }

    @Test func `an endpoint and a connector say how they are authenticated`() throws {
        let crm = try #require(snapshot.endpoints.first)
        #expect(crm.authentication.scheme == .hmacSHA256)
        #expect(crm.authentication.encoding == .base64)
        #expect(crm.maxBody == 512 << 10)
        #expect(crm.eventMapping.first?.priority == .high)
        #expect(snapshot.endpoints.last?.authentication.secrets == [.environment("NEW"), .environment("OLD")])
        #expect(snapshot.connector("GitHub")?.connection.identity == "guild-bot")
        #expect(snapshot.connector("status")?.polling?.interval == .seconds(300))
    }
}
