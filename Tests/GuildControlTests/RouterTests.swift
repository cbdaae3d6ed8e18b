import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import Testing

@Suite struct RouterTests {
    private static let clerk = OfficeCodex.agent(
        "clerk", "triggers:\n  - { type: webhook, source: GitHub, events: [\"issues.*\"], priority: LOW }")

    private func decide(_ event: Event, _ changes: [String: String?]) throws -> [Decision] {
        Router(try OfficeCodex.snapshot(changes)).decide(event, now: start)
    }

    @Test func `a trigger sets its agent going with the trigger's priority and the agent's chapter`() throws {
        let decisions = try decide(.sample("a"), ["agents/clerk.yaml": Self.clerk])
        #expect(decisions.map(\.outcome) == [.dispatched])
        #expect(decisions.map(\.rule) == ["agents/clerk#0"])
        let invocation = try #require(decisions.first?.invocation)
        #expect(invocation.agent == "clerk")
        #expect(invocation.chapter == "office")
        #expect(invocation.priority == .low)
    }

    @Test(arguments: [
        ("events: [ISSUE_*]", true), ("events: [\"*.opened\"]", true), ("events: [issues.closed]", false),
        ("source: jira", false), ("conditions: { \"data.n\": [{ numeric: [\">\", 1] }] }", true),
        ("conditions: { \"data.n\": [3] }", false), ("conditions: { subject: [{ prefix: acme/ }] }", true),
        ("events: [ISSUE_OPENED]\n    conditions: { missing: [{ exists: true }] }", false), ("", true),
    ])
    func `a trigger matches by type, normalised type, source and conditions`(trigger: String, matches: Bool) throws {
        let spec = "triggers:\n  - type: webhook\n    \(trigger.isEmpty ? "priority: HIGH" : trigger)"
        let decisions = try decide(
            .sample("a", data: ["n": 2]), ["agents/clerk.yaml": OfficeCodex.agent("clerk", spec)])
        #expect(decisions.map(\.outcome) == [matches ? .dispatched : .unrouted])
    }

    @Test func `what we did ourselves sets nothing going`() throws {
        let decisions = try decide(.sample("a", isOwn: true), ["agents/clerk.yaml": Self.clerk])
        #expect(decisions.map(\.outcome) == [.ownEvent])
        #expect(decisions.allSatisfy { $0.invocation == nil })
    }

    @Test(arguments: [(0, Decision.Outcome.dispatched), (2, .dispatched), (3, .loopStopped), (400, .loopStopped)])
    func `a chain stops at the hop limit`(hop: Int, outcome: Decision.Outcome) throws {
        let changes = [
            "agents/clerk.yaml": Self.clerk,
            "policies/safety.yaml": OfficeCodex.manifest("SafetyPolicy", "s", "hop_limit: 3"),
        ]
        let decisions = try decide(.sample("a", hop: hop), changes)
        #expect(decisions.map(\.outcome) == [outcome])
        #expect(
            outcome == .dispatched || decisions.first?.reasons == ["the chain is \(hop) events long; the limit is 3"])
    }

    @Test(arguments: ["", "{", "\u{FF}", "{} {}", String(repeating: "[", count: 100_000)])
    func `a payload that is no JSON is decided as invalid`(payload: String) throws {
        var event = Event.sample("a")
        event.payload = Array(payload.utf8)
        let decisions = try decide(event, ["agents/clerk.yaml": Self.clerk])
        #expect(decisions.map(\.outcome) == [.invalid])
        #expect(throws: JSONParser.Problem.self) { try Router(OfficeCodex.snapshot()).trials(event) }
    }

    @Test func `an agent that several rules name runs once, at the highest of their priorities`() throws {
        let changes = [
            "agents/clerk.yaml": Self.clerk,
            "routing/labels.yaml": OfficeCodex.manifest(
                "RoutingPolicy", "labels",
                """
                layers:
                  - { type: rules, priority: 2, rules: [{ event: "issues.*", agents: [clerk, Clerk], priority: CRITICAL }] }
                  - { type: rules, priority: 1, rules: [{ event: "issues.*", agent: archivist }] }
                """),
            "agents/archivist.yaml": OfficeCodex.agent("archivist"),
            "ingress/github.yaml": OfficeCodex.endpoint(
                "github", "event_mapping: [{ source_event: issues.opened, target_agent: clerk, priority: HIGH }]"),
        ]
        let decisions = try decide(.sample("a"), changes)
        #expect(
            decisions.map(\.rule) == [
                "agents/clerk#0", "routing/labels#0", "routing/labels#1", "routing/labels#1",
                "ingress/github/github#0",
            ])
        #expect(decisions.map(\.agent) == ["clerk", "archivist", "clerk", "clerk", "clerk"])
        #expect(decisions.map(\.outcome) == [.dispatched, .dispatched, .merged, .merged, .merged])
        let first = try #require(decisions.first?.invocation)
        #expect(first.priority == .critical)
        #expect(decisions[1].invocation?.priority == .normal)
        #expect(decisions[2].reasons == ["merged into \(first.id)"])
    }

    @Test func `a mapping is about the events of its own endpoint`() throws {
        let changes = [
            "agents/clerk.yaml": OfficeCodex.agent("clerk"), "agents/archivist.yaml": OfficeCodex.agent("archivist"),
            "ingress/github.yaml": OfficeCodex.endpoint("github", "event_mapping: [{ target_agent: clerk }]"),
            "ingress/other.yaml": OfficeCodex.endpoint("other", "event_mapping: [{ target_agent: archivist }]"),
        ]
        let decisions = { (endpoint: String?) throws -> [Decision] in
            var event = Event.sample("a")
            event.attributes.endpoint = endpoint
            return try self.decide(event, changes)
        }
        #expect(try decisions("github").map(\.rule) == ["ingress/github/github#0"])
        #expect(try decisions("other").map(\.agent) == ["archivist"])
        // A person's event, and one of before endpoints were kept, count as sent to the system's short address.
        #expect(try decisions(nil).map(\.agent) == ["clerk"])
        let unwanted = try #require(try decisions("gone").first)
        #expect(unwanted.outcome == .unrouted)
        #expect(unwanted.reasons.first == "ingress/github/github#0: endpoint is gone, wanted github")
    }

    @Test func `a cron trigger hears its own schedule and no other`() throws {
        let trigger = { (name: String) in
            "triggers:\n  - { type: cron, name: \(name), schedule: \"0 9 * * *\", priority: HIGH }\n  - { type: manual }"
        }
        let changes = [
            "agents/clerk.yaml": OfficeCodex.agent("clerk", trigger("morning")),
            "agents/archivist.yaml": OfficeCodex.agent("archivist", trigger("morning")),
        ]
        let entries = ScheduleEntry.all(in: try OfficeCodex.snapshot(changes))
        let entry = try #require(entries.first { $0.id == "archivist/morning" })
        let event = ScheduleEvent.make(entry, dueAt: start)
        let decisions = try decide(event, changes)
        #expect(decisions.map(\.agent) == ["archivist"])
        #expect(decisions.first?.invocation?.priority == .high)
        #expect(try decide(.sample("a"), changes).map(\.outcome) == [.unrouted])
    }

    @Test func `an event that nothing wants is told each rule's first mismatch, forty at most`() throws {
        #expect(try decide(.sample("a"), [:]).first?.reasons == ["there are no triggers and no rules"])
        let triggers = (0..<45).map { "  - { type: webhook, events: [\"other.\($0)\"] }" }.joined(separator: "\n")
        let changes = ["agents/clerk.yaml": OfficeCodex.agent("clerk", "triggers:\n" + triggers)]
        let decisions = try decide(.sample("a"), changes)
        #expect(decisions.map(\.outcome) == [.unrouted])
        let reasons = try #require(decisions.first?.reasons)
        #expect(reasons.count == 41)
        #expect(reasons.first == "agents/clerk#0: event is issues.opened / ISSUE_OPENED, wanted other.0")
        #expect(reasons.last == "and 5 more")
        let trials = try Router(OfficeCodex.snapshot(changes)).trials(.sample("a"))
        #expect(trials.count == 45)
        #expect(trials.allSatisfy { $0.mismatch != nil && $0.agent == "clerk" })
    }

    @Test func `a rule's source is the event's system in any case, and each envelope field counts`() throws {
        let policy = { (rules: String) in
            [
                "routing/r.yaml": OfficeCodex.manifest(
                    "RoutingPolicy", "r", "layers: [{ type: rules, rules: [\(rules)] }]")
            ]
        }
        let rules = """
            { source: GITHUB, agent: clerk }, { source: gitlab, agent: clerk }, { event: "*.opened", agent: clerk },
            { event: "issues.op*", conditions: { data: { n: [1] } }, agent: clerk }, { event: "ISSUE_*", agent: clerk },
            { event: issues.opened, source: GitHub, conditions: { data.n: [{ numeric: [">", 1] }] }, agent: clerk }
            """
        let decisions = try decide(.sample("a", data: ["n": 2]), policy(rules))
        #expect(decisions.map(\.rule) == ["routing/r#0", "routing/r#2", "routing/r#4", "routing/r#5"])
        let router = try Router(OfficeCodex.snapshot(policy(rules)))
        let trials = try router.trials(.sample("a", data: ["n": 2]))
        #expect(trials.filter { $0.mismatch == nil }.map(\.rule) == decisions.map(\.rule))
    }
}
