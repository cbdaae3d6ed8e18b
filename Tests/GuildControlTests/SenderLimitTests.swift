import Foundation
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

/// What strangers may set going: RateLimitPolicy `sender`, on by default.
@Suite(.timeLimit(.minutes(1))) struct SenderLimitTests {
    private static let trigger = "triggers:\n  - { type: webhook, source: github, events: [issues.opened] }"

    private func office(_ changes: [String: String?] = [:]) throws -> Office {
        var files: [String: String?] = ["agents/clerk.yaml": OfficeCodex.agent("clerk", Self.trigger)]
        for (path, text) in changes { files[path] = text }
        return try Office(files)
    }

    private func policy(_ limits: String) -> [String: String?] {
        ["policies/limits.yaml": OfficeCodex.manifest("RateLimitPolicy", "limits", "limits: [\(limits)]")]
    }

    /// Offers issues that were opened, and has them decided.
    ///
    /// - Parameter senders: whose issue each is; each is a stranger's unless told otherwise.
    private func open(_ office: Office, _ senders: [Int], members: Set<Int> = [], from first: Int = 0) async throws {
        for (number, sender) in senders.enumerated() {
            var event = Event.sample("issue \(first + number)")
            (event.system, event.type) = ("github", "issues.opened")
            event.sender = EventSender(id: "github/\(sender)", isOutsider: !members.contains(sender))
            _ = try await office.ledger.events.accept(
                event, policy: AcceptancePolicy(actor: "test"), now: office.time.now)
        }
        let dispatcher = office.dispatcher()
        while try await dispatcher.dispatchWaiting() > 0 {}
    }

    private func queued(_ office: Office) async throws -> Int {
        try await office.ledger.invocations.unfinished(limit: 1000).count
    }

    @Test func `a stranger sets thirty runs going at once, and then one every two minutes`() async throws {
        let office = try office()
        try await open(office, Array(repeating: 3, count: 50))
        #expect(try await queued(office) == 30)
        let held = try await office.ledger.dispatch.status(limit: 100, now: office.time.now)
        #expect(held.pendingCount == 20)
        #expect(held.pendingOfSenders == 20)
        #expect(held.pending.first?.reason?.hasPrefix("sender/github/3 is at its limit of 30 an hour; ") == true)
        office.time.advance(by: .seconds(120))
        try await open(office, [])
        #expect(try await queued(office) == 31)
        office.time.advance(by: .seconds(3600))
        try await open(office, [])
        #expect(try await queued(office) == 50)
    }

    @Test func `all strangers together set sixty going, members as many as they like`() async throws {
        let office = try office()
        try await open(office, Array(1...150))
        #expect(try await queued(office) == 60)
        let held = try await office.ledger.dispatch.status(limit: 1, now: office.time.now)
        #expect(held.pending.first?.reason?.hasPrefix("sender/non-members is at its limit of 60 an hour; ") == true)
        try await open(office, Array(repeating: 500, count: 80), members: [500], from: 200)
        #expect(try await queued(office) == 140)
    }

    @Test func `who would wait for over a day is rejected, so what waits is bounded`() async throws {
        let office = try office()
        try await open(office, (0..<1800).map { $0 % 90 })
        let held = try await office.ledger.dispatch.status(limit: 1, now: office.time.now)
        #expect(try await queued(office) == 60)
        #expect(held.pendingCount <= 1440)
    }

    @Test func `full buckets of senders are forgotten`() async throws {
        let office = try office(policy("{ scope: sender, match: non-members, requests_per_minute: 10000 }"))
        try await open(office, Array(1...100))
        #expect(try await office.ledger.dispatch.senderBuckets(limit: 1000, now: office.time.now).count == 101)
        office.time.advance(by: .seconds(121))
        try await open(office, Array(1001...1040), from: 200)
        #expect(try await office.ledger.dispatch.senderBuckets(limit: 1000, now: .init(seconds: 0)).count == 41)
    }

    @Test func `a policy's limit takes the place of the built-in one about the same`() async throws {
        let office = try office(policy("{ scope: sender, requests_per_hour: 2, burst: 1 }"))
        try await open(office, [3, 3, 4, 5], members: [3])
        #expect(try await queued(office) == 3)
        let named = try self.office(
            policy("{ scope: sender, match: github/3, requests_per_hour: 100 }"))
        try await open(named, Array(repeating: 3, count: 90))
        #expect(try await queued(named) == 90)
        let refusing = try self.office(
            policy("{ scope: sender, match: non-members, requests_per_minute: 1, action: reject }"))
        try await open(refusing, [1, 2, 3])
        #expect(try await queued(refusing) == 1)
        #expect(try await refusing.ledger.dispatch.status(limit: 1, now: refusing.time.now).pendingCount == 0)
    }

    @Test func `events that join one run take its turn once`() async throws {
        let window = Self.trigger.replacingOccurrences(
            of: "[issues.opened] }", with: "[issues.opened], debounce: { window: 60s, key: all } }")
        let office = try office(["agents/clerk.yaml": OfficeCodex.agent("clerk", window)])
        try await open(office, Array(repeating: 3, count: 100))
        let held = try await office.ledger.dispatch.status(limit: 1, now: office.time.now)
        #expect(held.pendingCount == 0)
        #expect(held.windows.first?.window.events == 100)
    }

    @Test func `what we did ourselves is not a stranger's doing`() throws {
        var event = Event.sample("own")
        event.sender = EventSender(id: "github/3", isOutsider: true)
        let snapshot = try OfficeCodex.snapshot()
        let decision = Decision(
            rule: "r", agent: "clerk", outcome: .dispatched, reasons: [],
            invocation: NewInvocation(
                id: InvocationID(derivedFrom: ["x"]), agent: "clerk", chapter: nil, priority: .normal))
        let policy = AdmissionPolicy(snapshot)
        #expect(
            policy.applied(to: [decision], of: event).first?.terms?.charges.map(\.bucket)
                == ["sender/github/3", "sender/non-members"])
        event.isOwn = true
        #expect(policy.applied(to: [decision], of: event).first?.terms?.charges.isEmpty == true)
    }
}
