import GuildCodex
import GuildDomain
import Testing

/// What can never match or work is a warning at its line.
struct HopelessManifestTests {
    private static let systems = SmallCodex.systems(
        openEvents: [],
        eventTypes: [
            EventTypeProfile(
                "issues", fields: ["issue"], hasAction: true, actions: ["closed", "labeled", "opened"],
                guildEvents: ["ISSUE_OPENED"]),
            EventTypeProfile(
                "pull_request", fields: ["pull_request"], hasAction: true, actions: ["closed", "opened"],
                guildEvents: ["PR_OPENED"]),
            EventTypeProfile("push", fields: ["ref"], guildEvents: ["PUSH_RECEIVED"]),
            EventTypeProfile("repository_dispatch", fields: ["client_payload"], hasAction: true),
        ])

    /// The warnings, without their severity.
    private static func warnings(_ changes: [String: String?]) -> [String] {
        let result = CodexLoader.validate(
            SmallCodex.tree(changes), commit: "worktree:0", revision: "test", systems: systems)
        #expect(result.problems.filter { $0.severity == .error }.map(\.text) == [])
        return result.warnings.map(\.text).map { $0.replacing(": warning:", with: ":") }
    }

    private static func agent(_ spec: String) -> String {
        "apiVersion: guild/v1\nkind: Agent\nmetadata: { name: tested }\nspec:\n  prompt: You are a test.\n"
            + "  model: replayed\n" + spec.split(separator: "\n").map { "  \($0)\n" }.joined()
    }

    /// The warnings of an agent with one trigger, on line 8.
    private static func trigger(_ trigger: String, _ changes: [String: String?] = [:]) -> [String] {
        warnings(changes.merging(["agents/tested.yaml": agent("triggers:\n  - \(trigger)")]) { $1 })
    }

    // MARK: Events

    @Test(arguments: [
        (
            "issue.openend",
            "spec.triggers[0].events[0]: GitHub sends no event 'issue.openend', did you mean 'issues.opened'?"
        ),
        (
            "issues.openend",
            "spec.triggers[0].events[0]: GitHub documents no action 'openend' of 'issues', did you mean 'issues.opened'?"
        ),
        (
            "issues",
            "spec.triggers[0].events[0]: GitHub's 'issues' events have an action, so 'issues' alone matches none, expected "
                + "`issues.*` or `issues.closed`"
        ),
        ("push.created", "spec.triggers[0].events[0]: GitHub's 'push' events have no action, did you mean 'push'?"),
    ])
    func `a type that its source lacks is named with the nearest, also where no source is written`(
        type: String, found: String
    ) {
        let expected = ["agents/tested.yaml:8:49: \(found)"]
        #expect(Self.trigger("{ type: webhook, source: github, events: [\(type)] }") == expected)
        let anywhere = Self.trigger("{ type: webhook, events: [\(type)] }")
        #expect(anywhere.count == 1 && anywhere[0].hasSuffix(found), "\(anywhere)")
    }

    @Test(arguments: ["crashed", "issues.*ended", "PR_REVIEWED"])
    func `a type that is near to none is a mistake only of a source whose types are known`(type: String) {
        let found = Self.trigger("{ type: webhook, source: github, events: [\"\(type)\"] }")
        #expect(found.count == 1 && found[0].contains("GitHub sends no event"), "\(found)")
        #expect(Self.trigger("{ type: event, events: [\"\(type)\"] }") == [])
        #expect(Self.trigger("{ type: event, source: cli, events: [\"\(type)\"] }") == [])
    }

    @Test(arguments: [
        "issues.opened", "\"issues.*\"", "\"*\"", "\"*.opened\"", "push", "ISSUE_OPENED", "\"PR_*\"",
        "repository_dispatch.anything", "\"repository_dispatch.any*\"",
    ])
    func `what can come is no warning`(type: String) {
        #expect(Self.trigger("{ type: webhook, source: github, events: [\(type)] }") == [])
        #expect(Self.trigger("{ type: webhook, source: GitHub, events: [\(type)] }") == [])
    }

    @Test func `without a source any name may come once the codex takes webhooks of a sender with types of its own`() {
        let crm = """
            apiVersion: guild/v1
            kind: WebhookEndpoint
            metadata: { name: crm }
            spec: { system: crm, authentication: { type: token, header: X-Token, secret_refs: ["env://A"] } }
            """
        let found = Self.trigger("{ type: webhook, events: [issue.openend] }", ["ingress/crm.yaml": crm])
        #expect(found.filter { $0.contains("agents/") } == [])
        let source = Self.trigger("{ type: webhook, source: crm, events: [x] }", ["ingress/crm.yaml": crm])
        #expect(source.filter { $0.contains("agents/") } == [])
    }

    @Test func `rules and the mappings of endpoints are checked alike`() {
        let policy = """
            apiVersion: guild/v1
            kind: RoutingPolicy
            metadata: { name: routes }
            spec:
              layers:
                - type: rules
                  rules: [{ event: issues.openend, source: github, agent: ranger }]
            """
        let endpoint = """
            apiVersion: guild/v1
            kind: WebhookEndpoint
            metadata: { name: github }
            spec:
              system: github
              authentication: { secret_refs: ["env://SECRET"] }
              event_mapping: [{ source_event: pull_request, target_agent: ranger }]
            """
        let found = Self.warnings(["routing/routes.yaml": policy, "ingress/github.yaml": endpoint])
        #expect(found.count == 2, "\(found)")
        #expect(found[0].hasPrefix("ingress/github.yaml:7:"), "\(found)")
        #expect(found[0].contains("'pull_request' alone matches none"), "\(found)")
        #expect(found[1].hasPrefix("routing/routes.yaml:7:"), "\(found)")
        #expect(found[1].contains("did you mean 'issues.opened'?"), "\(found)")
    }

    @Test func `a source that nobody declares is named with the nearest`() {
        #expect(
            Self.trigger("{ type: webhook, source: githbu, events: [push] }") == [
                "agents/tested.yaml:8:32: spec.triggers[0].source: no system 'githbu' sends events, did you mean 'github'?"
            ])
        for own in ["cli", "schedule", "guild", "feed"] {
            #expect(Self.trigger("{ type: event, source: \(own) }") == [])
        }
    }

    // MARK: Conditions

    @Test(arguments: [
        ("{ action: [opened] }", "'action'", "data.action"),
        ("{ repository.full_name: [a/b] }", "'repository'", "data.repository.full_name"),
        ("{ issue: { title: [x] } }", "'issue'", "data.issue.title"), ("{ sytem: [github] }", "'sytem'", "system"),
        ("{ dat.action: [opened] }", "'dat'", "data.action"),
    ])
    func `a condition outside the envelope is named with what was meant`(
        conditions: String, name: String, meant: String
    ) {
        let found = Self.trigger("{ type: webhook, source: github, events: [push], conditions: \(conditions) }")
        #expect(found.count == 1, "\(found)")
        #expect(
            found.first?.hasPrefix("agents/tested.yaml:8:") == true
                && found.first?.contains("events have no attribute \(name)") == true
                && found.first?.hasSuffix("did you mean '\(meant)'?") == true, "\(found)")
    }

    @Test func `conditions on the envelope and the payload are none`() {
        let conditions = "{ system: [github], subject: [{ prefix: acme }], data.action: [opened], data.x: [1] }"
        #expect(Self.trigger("{ type: webhook, source: github, conditions: \(conditions) }") == [])
    }

    // MARK: Schedules

    @Test(arguments: ["0 0 30 2 *", "0 0 31 4 *", "0 0 31 2,4,6,9,11 *"])
    func `a date that no calendar has never comes`(schedule: String) {
        #expect(
            Self.trigger("{ type: cron, schedule: \"\(schedule)\" }") == [
                "agents/tested.yaml:8:31: spec.triggers[0].schedule: '\(schedule)' is never due: no such day exists, "
                    + "expected a date that a calendar has"
            ])
    }

    @Test(arguments: ["0 0 29 2 *", "0 0 31 * *", "0 0 30 2 mon", "0 0 L 2 *", "@yearly"])
    func `rare dates come`(schedule: String) {
        #expect(Self.trigger("{ type: cron, schedule: \"\(schedule)\" }") == [])
    }

    // MARK: YAML 1.1

    @Test(arguments: [
        ("no", "false"), ("off", "false"), ("n", "false"), ("yes", "true"), ("On", "true"), ("Y", "true"),
    ])
    func `a boolean of YAML 1.1 is text, and that is said`(word: String, boolean: String) {
        let said = "'\(word)' is read as text, not as \(boolean), expected \"\(word)\" in quotes, or \(boolean)"
        #expect(
            Self.warnings(["agents/tested.yaml": Self.agent("description: \(word)")])
                == ["agents/tested.yaml:7:16: spec.description: \(said)"])
        let condition = Self.trigger("{ type: event, conditions: { data.draft: [\(word)] } }")
        #expect(condition.count == 1 && condition[0].hasSuffix(said), "\(condition)")
        #expect(Self.warnings(["agents/tested.yaml": Self.agent("description: \"\(word)\"")]) == [])
    }

    // MARK: Money

    private static func models(_ prices: String) -> String {
        """
        apiVersion: guild/v1
        kind: LLMRegistry
        metadata: { name: models }
        spec:
          providers:
            - { name: replayed, provider: replay }
            - { name: local, provider: ollama, model: m\(prices) }
        """
    }

    @Test func `a model without prices under a limit on money is refused at each call, and that is said`() {
        let limited = Self.agent("resources: { costBudget: { perDay: \"1\" } }")
            .replacing("model: replayed", with: "model: local")
        let files = { (agent: String, prices: String) -> [String: String?] in
            ["agents/tested.yaml": agent, "providers/models.yaml": Self.models(prices)]
        }
        #expect(
            Self.warnings(files(limited, "")) == [
                "providers/models.yaml:7:7: spec.providers: model 'local' has no prices, and its own costBudget limits the "
                    + "cost of agent 'tested': every call is refused, expected `cost_per_1k_input` and `cost_per_1k_output`"
            ])
        #expect(Self.warnings(files(limited, ", cost_per_1k_input: 0, cost_per_1k_output: 0")) == [])
        #expect(Self.warnings(files(Self.agent("").replacing("model: replayed", with: "model: local"), "")) == [])
        let unlisted = Self.warnings(files(limited.replacing("model: local", with: "model: local/other"), ""))
        #expect(unlisted.count == 1, "\(unlisted)")
        #expect(unlisted.first?.contains("model 'local/other' has no prices") == true, "\(unlisted)")
        #expect(unlisted.first?.hasPrefix("agents/tested.yaml:") == true, "\(unlisted)")
    }

    @Test(arguments: [
        (
            "guild.yaml", "Guild", "acme", "{ manaPool: { perDay: 1M }, costBudget: { perDay: \"1\" } }",
            "`costBudget` of guild.yaml"
        ),
        (
            "guild.yaml", "Guild", "acme",
            "{ manaPool: { perDay: 1M }, defaults: { costBudget: { perInvocation: \"1\" } } }",
            "`defaults.costBudget` of guild.yaml"
        ),
        (
            "chapters/payments.yaml", "Chapter", "payments", "{ master: ranger, costBudget: { perDay: \"1\" } }",
            "the costBudget of chapter 'payments'"
        ),
    ])
    func `the limit may be the organisation's or the chapter's`(
        file: String, kind: String, name: String, spec: String, setting: String
    ) {
        let agent = Self.agent("").replacing("model: replayed", with: "model: local")
            .replacing("name: tested", with: "name: tested, chapter: payments")
        let manifest = "apiVersion: guild/v1\nkind: \(kind)\nmetadata: { name: \(name) }\nspec: \(spec)\n"
        let found = Self.warnings([
            "agents/tested.yaml": agent, "providers/models.yaml": Self.models(""), file: manifest,
        ])
        #expect(found.count == 1 && found[0].contains("and \(setting) limits the cost"), "\(found)")
    }

    @Test func `an organisation without a manaPool is warned about, unless it has no agents`() {
        let bare = "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: acme }\n"
        let found = Self.warnings(["guild.yaml": bare])
        #expect(found.count == 1, "\(found)")
        #expect(
            found.first?.hasPrefix("guild.yaml:1:1: spec.manaPool: no manaPool: nothing limits") == true, "\(found)")
        let idle = ["guild.yaml": bare, "agents/ranger.yaml": nil, "chapters/payments.yaml": nil] as [String: String?]
        #expect(Self.warnings(idle) == [])
    }
}
