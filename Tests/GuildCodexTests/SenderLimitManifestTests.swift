import GuildCodex
import GuildDomain
import Testing

/// RateLimitPolicy scope `sender`, and the warning where nothing bounds what strangers cost.
struct SenderLimitManifestTests {
    private static let systems = SmallCodex.systems(openEvents: ["issues.opened", "fork", "ISSUE_OPENED"])

    private func problems(_ changes: [String: String?]) -> [String] {
        CodexLoader.validate(
            SmallCodex.tree(changes), commit: "worktree:0", revision: "test", systems: Self.systems
        ).problems.map(\.text)
    }

    private func limit(_ limit: String) -> [String] {
        problems([
            "policies/limits.yaml":
                "apiVersion: guild/v1\nkind: RateLimitPolicy\nmetadata: { name: limits }\nspec: { limits: [\(limit)] }\n"
        ])
    }

    private func listening(_ trigger: String) -> [String: String?] {
        [
            "guild.yaml": "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: acme }\n",
            "agents/listener.yaml": """
            apiVersion: guild/v1
            kind: Agent
            metadata: { name: listener }
            spec: { version: "1.0.0", model: replayed, prompt: "Listen.", triggers: [\(trigger)] }
            """,
        ]
    }

    @Test(arguments: [
        "{ scope: sender, requests_per_hour: 30 }", "{ scope: sender, match: non-members, requests_per_minute: 1 }",
        "{ scope: sender, match: github/583231, requests_per_hour: 30, burst: 5, action: reject }",
        "{ scope: agent, requests_per_hour: 30 }",
    ])
    func `limits on senders and by the hour are taken`(text: String) { #expect(limit(text) == []) }

    @Test(arguments: [
        ("{ scope: sender, match: ada, requests_per_hour: 1 }", "non-members"),
        ("{ scope: sender, match: { labels: { a: b } }, requests_per_hour: 1 }", "labels of a sender"),
        ("{ scope: sender, tokens_per_minute: 5K }", "tokens of a sender"),
        ("{ scope: sender, requests_per_hour: 1, requests_per_minute: 1 }", "both `requests_per_minute`"),
        ("{ scope: sender, requests_per_hour: 0 }", "requests_per_hour"), ("{ scope: sender }", "requests_per_hour"),
    ])
    func `what a limit on senders can't say is refused`(text: String, reason: String) {
        let found = limit(text)
        #expect(found.count == 1 && found[0].contains(reason), "\(found)")
    }

    @Test(arguments: [
        "{ type: webhook, source: github, events: [issues.opened] }", "{ type: webhook, events: [\"issues.*\"] }",
        "{ type: event, events: [ISSUE_OPENED] }", "{ type: webhook, source: GitHub }",
    ])
    func `without a manaPool it is a warning that an agent listens to strangers`(trigger: String) {
        let found = problems(listening(trigger)).filter { $0.contains("manaPool") }
        #expect(
            found.count == 1 && found[0].contains("warning: ")
                && found[0].contains("no manaPool, and agent 'listener'"), "\(found)")
        var bounded = listening(trigger)
        bounded["guild.yaml"] =
            "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: acme }\nspec: { manaPool: { perMonth: 1M } }\n"
        #expect(problems(bounded).filter { $0.contains("manaPool") } == [])
    }

    @Test(arguments: [
        "{ type: webhook, source: github, events: [push] }",
        "{ type: webhook, source: other, events: [issues.opened] }",
        "{ type: cron, schedule: \"@daily\" }", "{ type: manual }",
    ])
    func `it speaks of no strangers where none can set an agent going`(trigger: String) {
        #expect(
            problems(listening(trigger)).filter { $0.contains("manaPool") } == [
                "guild.yaml:1:1: warning: spec.manaPool: no manaPool: nothing limits the tokens of all agents together, "
                    + "expected `manaPool: { perDay: … }`"
            ])
    }
}
