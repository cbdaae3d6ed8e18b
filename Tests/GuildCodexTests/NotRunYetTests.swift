import GuildCodex
import Testing

/// What this version does not do is warned about at its key, once; what it does is not.
struct NotRunYetTests {
    private static func warnings(_ changes: [String: String]) -> [String] {
        let result = SmallCodex.validate(changes)
        #expect(result.problems.filter { $0.severity == .error }.map(\.text) == [])
        return result.warnings.map { "\($0.path): \($0.message)" }
    }

    /// The warnings for the spec of one more manifest, or of the Guild.
    private static func warnings(_ kind: String, _ spec: String) -> [String] {
        let name = kind == "Guild" ? "acme" : "tested"
        var text = "apiVersion: guild/v1\nkind: \(kind)\nmetadata: { name: \(name) }\nspec:\n"
        // An organisation without one has a warning of its own.
        if kind == "Guild", !spec.contains("manaPool") { text += "  manaPool: { perDay: 5M }\n" }
        let indented = spec.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        return warnings([kind == "Guild" ? "guild.yaml" : "agents/tested.yaml": text + indented + "\n"])
    }

    private static func agent(_ spec: String) -> [String] {
        warnings("Agent", "prompt: You are a test.\nmodel: replayed\n" + spec)
    }

    @Test func `a codex of what runs has no warning`() {
        #expect(Self.warnings([:]) == [])
        let runs = """
            resources:
              tokenBudget: { perInvocation: 8K }
              costBudget: { perInvocation: "0.50" }
              maxActiveDuration: 5m
              maxConcurrent: 2
            triggers:
              - { type: manual }
              - type: cron
                schedule: "0 9 * * *"
                catchUp: { policy: run_all, window: 2h }
                overlap: cancel_other
                jitter: 10s
                perPerson: true
            tools:
              - { pattern: "github.get_*", autonomy: 3 }
              - { pattern: "github.create_*", autonomy: 1 }
            dependencies: { requires: ["ranger >= 1.0"] }
            """
        #expect(Self.agent(runs) == [])
    }

    @Test func `budgets of every period hold, so that nothing is said of them`() {
        let budgets = """
            tokenBudget: { perInvocation: 8K, perMinute: 1K, perHour: 2K, perDay: 3K, perMonth: 4K }
            costBudget: { perInvocation: "0.50", perDay: "5" }
            """
        let indented = budgets.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        #expect(Self.agent("resources:\n" + indented) == [])
        #expect(Self.warnings("Guild", "defaults:\n" + indented) == [])
        #expect(Self.warnings("Chapter", budgets) == [])
    }

    @Test func `an agent is warned about at its keys`() {
        let spec = """
            model: { requires: [reasoning], strategy: cost_optimized }
            resources: { contextWindow: 64K }
            triggers: [{ type: cron, schedule: "0 9 * * *", overlap: skip, jitter: 10s, on: "github:acme/shop" }]
            tools: [{ pattern: "github.create_issue", autonomy: 2 }, { pattern: "github.add_labels", autonomy: 2 }]
            safety: { canModifyJira: false }
            """
        #expect(
            Self.warnings("Agent", "prompt: You are a test.\n" + spec) == [
                "spec.model.strategy: choosing a model by `strategy`: no effect in this version",
                "spec.resources.contextWindow: limits on the context window: not enforced in this version",
                "spec.tools: notifying people of actions at autonomy 2: no effect in this version",
                "spec.safety: the `safety` block of an agent: not enforced in this version",
            ])
    }

    @Test func `the guild is warned about its defaults that do not hold, and about no other`() {
        let holds = """
            timezone: Europe/London
            defaults:
              tokenBudget: { perInvocation: 8K }
              maxActiveDuration: 4m
              maxConcurrent: 3
              replyLimit: 2048
              actionWait: 90s
              retries: { max: 3, base: 1s, cap: 1m }
              hopLimit: 7
              bodyLimit: 2MiB
              githubBodyLimit: 10MiB
              queueDepth: 500
              modelIdleTimeout: 30s
            """
        #expect(Self.warnings("Guild", holds) == [])
        let found = Self.warnings(
            "Guild",
            """
            manaPool: { perDay: 5M }
            reserve: { perDay: 1M }
            costBudget: { perDay: "5" }
            alerts: { yellow: 70% }
            defaults: { rootTokens: 1K, debounce: 20s, reservationDeadline: 45s, connectTimeout: 5s }
            """)
        #expect(
            found.map { $0.prefix { $0 != ":" } } == [
                "spec.defaults.reservationDeadline", "spec.defaults.connectTimeout",
            ])
    }

    private static let kinds: [(kind: String, spec: String, places: [String])] = [
        ("Chapter", "master: ranger\nmembers: [{ id: ada, role: member }]", []),
        (
            "Chapter",
            """
            tokenBudget: { perInvocation: 8K }
            costBudget: { perMonth: "5" }
            guaranteedShare: 0.3
            notify: "#there"
            members: [{ id: ada, role: approver }, { id: bo, role: master, digest_at: "08:30" }]
            """,
            ["spec.notify", "spec.members"]
        ),
        (
            "LLMRegistry",
            """
            providers:
              - { name: one, provider: replay, priority: 3, context_window: 8K, capabilities: [tools] }
              - { name: two, provider: google, model: m, api_key: "vault://a/b#c" }
              - { name: three, provider: replay, use_for: [ranger], rate_limit: { requests_per_minute: 1 } }
            routing: { strategy: quality_first, fallback_chain: [one] }
            failover: { max_retries: 3, backoff: constant }
            """,
            [
                "spec.providers[1].provider", "spec.providers[2].use_for", "spec.providers[2].rate_limit",
                "spec.routing.strategy", "spec.failover",
            ]
        ),
        (
            "RoutingPolicy", "strategy: hybrid\nfeedback: { success_signal: DONE }",
            ["spec.strategy", "spec.feedback"]
        ),
        (
            "RateLimitPolicy",
            """
            limits:
              - { scope: organization, requests_per_minute: 1 }
              - { scope: agent, match: ranger, tokens_per_minute: 5K, action: reject }
              - { scope: endpoint, requests_per_minute: 9 }
            """, []
        ),
        ("PrivacyPolicy", "data_retention: { raw_messages: 30d, aggregated_metrics: 400d, audit_logs: 7d }", []),
        (
            "PrivacyPolicy", "blocked_channels: [{ pattern: hr }]\npii_handling: { emails: redact }",
            ["spec.blocked_channels", "spec.pii_handling"]
        ),
        (
            "SchedulingPolicy",
            "preemption: false\nfair_share: false\nbackpressure: { depth: 9 }\nretries: { max: 1, base: 1s, cap: 1m }",
            []
        ),
        (
            "SchedulingPolicy",
            """
            preemption: true
            backpressure: { refuse: [LOW], retry_after: 60s }
            fair_share: { payments: 3 }
            max_concurrent: 12
            """, []
        ),
        (
            "SafetyPolicy",
            """
            freezes: [{ tools: ["github.*"], when: { days: [fri] } }]
            approvals: [{ tools: ["github.*"] }]
            hop_limit: 5
            root_tokens: 1K
            ignore_senders: [somebody]
            """,
            []
        ),
    ]

    @Test(arguments: kinds)
    func `each key without effect is named, and no other`(kind: String, spec: String, places: [String]) {
        #expect(Self.warnings(kind, spec).map { String($0.prefix { $0 != ":" }) } == places)
    }

    private static let endpoints: [(spec: String, places: [String])] = [
        (
            """
            system: github
            authentication: { secret_refs: ["env://A"] }
            max_body: 1MiB
            event_mapping: [{ source_event: issues.opened, target_agent: ranger }]
            """, []
        ),
        (
            """
            system: github
            authentication: { secret_refs: ["env://A"], tolerance: 5m }
            event_mapping: [{ source_event: a, guild_event: A }, { source_event: b, guild_event: B }]
            rate_limit: { requests_per_minute: 60 }
            trusted_proxies: ["::1"]
            event_type: { header: X-Event }
            """,
            [
                "spec.authentication.tolerance", "spec.event_mapping", "spec.trusted_proxies", "spec.event_type",
            ]
        ),
        (
            """
            system: github
            authentication: { secret_refs: ["env://A"] }
            event_mapping: [{ source_event: a, target_agent: ranger }, { source_event: b, response_field: "items[*]", target_agent: ranger }]
            """, ["spec.event_mapping[1].response_field"]
        ),
        (
            "system: github\nauthentication: { type: token, header: X-Token, secret_refs: [\"env://A\"] }",
            ["spec.authentication.type"]
        ),
        (
            """
            system: crm
            authentication: { type: token, header: X-Token, secret_refs: ["env://A"] }
            rate_limit: { requests_per_minute: 60 }
            """, ["spec.system"]
        ),
    ]

    @Test(arguments: endpoints)
    func `an endpoint of GitHub is warned about by key and any other as a whole`(spec: String, places: [String]) {
        #expect(Self.warnings("WebhookEndpoint", spec).map { String($0.prefix { $0 != ":" }) } == places)
    }

    private static let connectors: [(spec: String, places: [String])] = [
        (
            """
            type: bidirectional
            system: github
            connection: { identity: me, auth: { type: bearer, secret_ref: "env://A" } }
            scopes: { read: [issues], write: [issues] }
            """, []
        ),
        (
            """
            type: bidirectional
            system: github
            connection: { auth: { type: basic, username: me, secret_ref: "env://A" } }
            polling: { interval: 5m, endpoint: /api }
            event_mapping: [{ source_event: a, target_agent: ranger }]
            assigned_agents: [ranger]
            rate_limits: { requests_per_minute: 60 }
            """,
            ["spec.connection.auth", "spec.polling", "spec.event_mapping", "spec.assigned_agents"]
        ),
        ("type: webhook\nsystem: crm\nrate_limits: { requests_per_minute: 60 }", ["spec.system"]),
    ]

    @Test(arguments: connectors)
    func `a connector of GitHub is warned about by key and any other as a whole`(spec: String, places: [String]) {
        #expect(Self.warnings("Connector", spec).map { String($0.prefix { $0 != ":" }) } == places)
    }
}
