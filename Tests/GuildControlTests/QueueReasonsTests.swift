import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import Testing

/// Why what is queued does not run yet, and what an alert adds to a decision.
@Suite struct QueueReasonsTests {
    private static let now = Timestamp(seconds: 1_790_000_000)

    private func queued(_ priority: Priority = .normal, agent: String = "clerk") -> Invocation {
        Invocation(
            id: InvocationID(derivedFrom: ["reasons"]), agent: agent, chapter: "office", commit: "c",
            event: EventID(derivedFrom: ["reasons"]), root: EventID(derivedFrom: ["reasons"]), priority: priority,
            createdAt: Self.now)
    }

    private func snapshot() throws -> CodexSnapshot {
        try OfficeCodex.snapshot([
            "agents/clerk.yaml": OfficeCodex.agent(
                "clerk", "triggers: [{ type: webhook, source: github }]\nresources: { maxConcurrent: 2 }"),
            "policies/scheduling.yaml": OfficeCodex.manifest("SchedulingPolicy", "scheduling", "max_concurrent: 3"),
        ])
    }

    @Test(
        arguments: [
            (["clerk": 1], [:], "an executor"), (["clerk": 2], [:], "clerk's limit of 2 at once"),
            (["other": 3], [:], "the limit of 3 at once for all agents"),
            (["clerk": 2], ["chapter/office": AlertLevel.red], "the red alert of chapter/office"),
            (["clerk": 0], ["agent/clerk": AlertLevel.orange], "an executor"),
        ] as [([String: Int], [String: AlertLevel], String)])
    func `what is queued waits for the first thing that keeps it`(
        running: [String: Int], alerts: [String: AlertLevel], reason: String
    ) throws {
        let reasons = QueueReasons(try snapshot(), alerts: AlertLevels(alerts), running: running, now: Self.now)
        #expect(reasons.reason(of: queued()) == reason)
    }

    @Test func `a retry waits for its time, and what runs waits for nothing`() throws {
        let reasons = QueueReasons(nil, alerts: AlertLevels(), running: [:], now: Self.now)
        var later = queued()
        later.availableAt = Self.now + .seconds(1)
        #expect(reasons.reason(of: later) == "its next try")
        later.state = .active
        #expect(reasons.reason(of: later) == nil)
    }

    @Test func `an alert holds back what it does not admit, and the decision says so`() throws {
        let levels = AlertLevels(["organization": .orange, "chapter/office": .red, "agent/other": .red])
        #expect(levels.holding(.high, agent: "clerk", chapter: "Office") == nil)
        #expect(levels.holding(.low, agent: "clerk", chapter: "Office")?.account == "chapter/office")
        #expect(levels.holding(.background, agent: "clerk", chapter: nil)?.level == .orange)
        let snapshot = try snapshot()
        var event = Event.sample("1")
        event.priority = .background
        let routed = Router(snapshot).decide(event, now: Self.now)
        let decided = AdmissionPolicy(snapshot).applied(
            to: routed, of: event, alerts: AlertLevels(["organization": .orange]))
        #expect(decided.first?.outcome == .dispatched)
        #expect(
            decided.first?.reasons.last == "the orange alert of organization holds BACKGROUND work in the queue")
        #expect(AdmissionPolicy(snapshot).applied(to: routed, of: event).first?.reasons.count == 1)
    }
}
