import GuildCodex
import GuildDomain
import Testing

struct EffectiveLimitsTests {
    private let snapshot: CodexSnapshot

    init() throws {
        snapshot = try CodexLoader.load(folder: GoodManifestTests.path, systems: SmallCodex.systems).get()
    }

    @Test func `an agent's own value wins, then the organisation's, then the built-in one`() throws {
        let ranger = snapshot.limits(of: try #require(snapshot.agent("ranger")))
        #expect(ranger.perInvocation.value == 8000)
        #expect("\(ranger.perInvocation.origin)" == "agents/ranger.yaml:35")
        let older = snapshot.limits(of: try #require(snapshot.agent("older")))
        #expect(older.perInvocation.value == 4000)
        #expect(older.perHour.value == 120_000)
        #expect("\(older.perHour.origin)" == "guild.yaml:14")
        #expect(older.costPerInvocation.value == 400_000)
        #expect(older.perMonth.value == nil)
        #expect("\(older.perMonth.origin)" == "built in")
        #expect(older.maxConcurrent.value == 3)

        let bare = try SmallCodex.validate().get()
        let limits = bare.limits(of: try #require(bare.agent("ranger")))
        #expect(limits.perInvocation == Limit(16_000, .builtIn))
        #expect(limits.maxActiveDuration == Limit(.seconds(300), .builtIn))
    }

    @Test func `the organisation's and the chapters' limits know the lines that set them`() throws {
        let guild = snapshot.guild.locations
        #expect(
            guild.mapValues(\.line) == [
                "manaPool.perDay": 9, "manaPool.perMonth": 9, "costBudget.perDay": 11, "costBudget.perMonth": 11,
            ])
        let chapter = try #require(snapshot.chapter("payments")).locations
        #expect(
            chapter.mapValues(\.line) == [
                "tokenBudget.perDay": 5, "tokenBudget.perMonth": 5, "costBudget.perMonth": 6,
            ])
    }

    @Test func `a policy comes before guild.yaml, and the strictest of several counts`() throws {
        let settings = snapshot.settings
        #expect(settings.hopLimit.value == 5)
        #expect("\(settings.hopLimit.origin)" == "policies/all.yaml:41")
        #expect(settings.rootTokens.value == 100_000)
        #expect(settings.queueDepth.value == 2000)
        #expect(settings.retries == RetryPolicy(limit: 4, base: .seconds(3), cap: .seconds(600)))
        #expect(settings.replyLimit.value == 2048)
        #expect(settings.bodyLimit.value == 2 << 20)
        #expect(try SmallCodex.validate().get().settings.hopLimit == Limit(8, .builtIn))
    }
}
