import Foundation
import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// The effects of an alert on running work (docs/dispatch.md, "Order of the queue").
@Suite(.timeLimit(.minutes(5))) struct AlertEffectTests {
    private static let long = String(repeating: "x", count: 5000)
    /// A chapter that may use so many tokens a month.
    private static func chapter(_ tokens: Int64) -> String {
        OfficeCodex.manifest("Chapter", "office", "master: clerk\ntokenBudget: { perMonth: \(tokens) }")
    }

    /// An office whose chapter has a limit of 100,000 tokens, of which so many are used.
    private func office(
        used: Int64, _ answers: [Vendor.Answer], files: [String: String?] = [:]
    ) async throws -> (office: Office, vendor: RawServer, worker: Worker) {
        let vendor = try Vendor.serving(answers)
        var changes = files
        changes["chapters/office.yaml"] = Self.chapter(100_000)
        let office = try Office(vendor: vendor, changes)
        let worker = try await office.worker()
        let budgets = BudgetLimits(office.head)
        try await office.ledger.budgets.noteLimits(
            budgets.standing, rules: budgets.rules, recipients: budgets.alertRecipients, now: office.time.now)
        guard used > 0 else { return (office, vendor, worker) }
        // Somebody else of the chapter has used it.
        let id = try await office.queue("earlier")
        let claim = try #require(
            try await office.ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: office.time.now).first
        )
        var plan = TurnPlan(
            n: 1, provider: "x", model: "x", requestDigest: "x", inputBound: used, outputWanted: 0, prices: .free,
            accounts: budgets.standing.filter { $0.account == "chapter/office" })
        plan.rules = budgets.rules
        let reservation = try await office.ledger.invocations.beginTurn(
            plan, of: claim.invocation, worker: worker, isSending: true, now: office.time.now)
        _ = try await office.ledger.invocations.recordAnswer(
            TurnAnswer(delta: [], stop: "end_turn", origin: nil, usage: TokenUsage(input: used), calls: []), plan: plan,
            reservation: reservation, of: claim.invocation, waitUntil: office.time.now, now: office.time.now)
        try await office.ledger.invocations.end(claim.invocation, as: .succeeded, outcome: "", now: office.time.now)
        #expect(try await office.invocation(id).state == .succeeded)
        return (office, vendor, worker)
    }

    private static let readsTwice: [Vendor.Answer] = [
        .calls([("codex.read", ["path": "adr/long.md"])]), .calls([("codex.read", ["path": "adr/0001.md"])]),
        .text("Done."),
    ]

    private func toolResults(_ body: JSONValue?) -> [String] {
        (body?["messages"]?.array ?? []).filter { $0["role"] == "tool" }.compactMap { $0["content"]?.string }
    }

    @Test(arguments: [(Int64(0), false), (74_000, false), (76_000, true)])
    func `under yellow, long results of earlier turns are left out, and the turn says how much`(
        used: Int64, isTrimmed: Bool
    ) async throws {
        let (office, vendor, worker) = try await office(
            used: used, Self.readsTwice, files: ["adr/long.md": Self.long])
        let id = try await office.queue()
        #expect(try await office.attempt(worker)?.state == .succeeded)
        let bodies = try vendor.bodies
        // What the model has just asked for goes along whole.
        #expect(toolResults(bodies[1]).first?.contains(Self.long) == true)
        let results = toolResults(bodies[2])
        try #require(results.count == 2)
        #expect(results[0].contains(Self.long) == !isTrimmed)
        #expect(results[0].contains("left out to save tokens") == isTrimmed)
        #expect(results[1].contains("Decide once."))
        let turns = try await office.ledger.invocations.turns(of: id)
        #expect(turns.map { $0.trimmedBytes > 0 } == [false, false, isTrimmed])
        if isTrimmed { #expect(turns[2].trimmedBytes >= Self.long.utf8.count) }
        #expect(try await office.ledger.budgets.verify(now: office.time.now).isSound)
    }

    @Test func `under yellow, only half as much goes along of context files`() async throws {
        let large = String(repeating: "y", count: ContextTrim.alertedFileLimitBytes)
        let agent = OfficeCodex.agent("clerk", "context:\n  - codex: adr/*.md")
        for used in [Int64(0), 76_000] {
            let (office, vendor, worker) = try await office(
                used: used, [.text("Done.")], files: ["adr/0002.md": large, "agents/clerk.yaml": agent])
            var options = RunOptions()
            options.budget = 1_000_000
            let id = try await office.queue(options: options)
            try await office.attempt(worker)
            let sent = vendor.requests.first.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
            #expect(sent.contains("Decide once."))
            #expect(sent.contains("yyyy") == (used == 0))
            #expect(
                try await office.ledger.invocations.turns(of: id).map(\.trimmedBytes) == [
                    used == 0 ? 0 : large.utf8.count
                ])
        }
    }

    @Test(arguments: [(Int64(0), Int64(76_000)), (76_000, 0)])
    func `what is recorded is found again, whether an alert was in force then or is now`(
        then: Int64, now: Int64
    ) async throws {
        let files = ["adr/long.md": Self.long]
        let (recorded, _, worker) = try await office(used: then, Self.readsTwice, files: files)
        let path = recorded.folder.path + "/clerk.jsonl"
        let id = try await recorded.queue()
        #expect(try await recorded.attempt(worker, substitute: .record(path: path))?.state == .succeeded)
        #expect(try await recorded.ledger.invocations.turns(of: id).allSatisfy { $0.trimmedBytes == 0 })
        let recording = try Recording(bytes: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        let (replayed, vendor, other) = try await office(used: now, Self.readsTwice, files: files)
        try await replayed.queue()
        let story = Story()
        let ended = try await replayed.attempt(other, story: story, substitute: .replay(recording))
        #expect(ended?.state == .succeeded, "\(story.failure?.message ?? "")")
        #expect(vendor.requests.isEmpty)
    }

    @Test(arguments: [(Int64(89_000), 600), (91_000, 300)])
    func `under orange, an invocation may be active for half as long`(used: Int64, seconds: Int) async throws {
        let agent = OfficeCodex.agent("clerk", "resources: { maxActiveDuration: 600s }")
        let (office, vendor, worker) = try await office(
            used: used, [.steps([.stallForever])], files: ["agents/clerk.yaml": agent])
        let story = Story()
        let id = try await office.queue()
        async let attempt = office.attempt(worker, story: story)
        await vendor.waitForRequests(1)
        let deadline = start + .seconds(seconds)
        await office.time.waitForSleeper(until: deadline)
        office.time.set(to: deadline)
        #expect(try await attempt?.state == .failed)
        #expect(story.failure?.message.hasPrefix("it worked longer than \(seconds).0 seconds") == true)
        #expect(story.failure?.message.contains("orange alert") == (seconds == 300))
        // What was under way is paid for at its bound.
        #expect(try await office.ledger.invocations.turns(of: id).map(\.isAnswered) == [false])
    }

    @Test func `a chapter's alert is told to its master, a person of it or an agent, and the organisation's to all`()
        throws
    {
        let snapshot = try OfficeCodex.snapshot([
            "chapters/sea.yaml": OfficeCodex.manifest(
                "Chapter", "sea", "master: Ada\nnotify: \"slack:#sea\"\nmembers: [{ id: ada }]"),
            "chapters/hills.yaml": OfficeCodex.manifest("Chapter", "hills", "notify: \"slack:#hills\""),
            "chapters/moor.yaml": OfficeCodex.manifest("Chapter", "moor", "members: [{ id: bob }]"),
            "agents/sailor.yaml": OfficeCodex.agent("sailor").replacing("chapter: Office", with: "chapter: sea"),
        ])
        #expect(
            BudgetLimits(snapshot).alertRecipients == [
                "chapter/sea": ["user:ada"], "agent/sailor": ["user:ada"], "chapter/office": ["agent/clerk"],
                "agent/clerk": ["agent/clerk"], "chapter/hills": ["slack:#hills"],
                "organization": ["slack:#hills", "agent/clerk", "user:ada"],
            ])
    }
}
