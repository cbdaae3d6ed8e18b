import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// What an attempt does when something fails, stops or runs out.
@Suite(.timeLimit(.minutes(10))) struct InvocationTroubleTests {
    private static let half: [RawServer.Step] = [
        .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\":[]}\n\n"), .close,
    ]

    @Test func `a call that failed for now waits as long as it is told, then the next model has its turn`() async throws
    {
        let vendor = try Vendor.serving(.status(503, retryAfter: 120), .text("Here."))
        let chain = OfficeCodex.models(vendor.url(), "routing: { fallback_chain: [spare] }")
        let office = try Office(vendor: vendor, ["providers/models.yaml": chain])
        let (worker, story) = (try await office.worker(), Story())
        let id = try await office.queue()
        let back = try #require(try await office.attempt(worker, story: story))
        #expect(back.state == .queued)
        #expect(back.failures == 1)
        #expect(back.usage == .zero)
        #expect(story.retries == [start + .seconds(120)])
        #expect(try await office.attempt(worker) == nil)
        office.time.advance(by: .seconds(120))
        #expect(try await office.attempt(worker, story: story)?.state == .succeeded)
        #expect(story.models == ["scripted/small", "spare/large"])
        #expect(try vendor.bodies.map { $0["model"] } == ["small", "large"])
        #expect(try await office.ledger.invocations.turns(of: id).map(\.isAnswered) == [false, true])
    }

    @Test func `somebody who waits for a run is not made to wait longer than it may take`() async throws {
        let vendor = try Vendor.serving(.status(429, retryAfter: 86_400), .text("Here."))
        let office = try Office(vendor: vendor)
        let (worker, story) = (try await office.worker(), Story())
        try await office.queue()
        #expect(try await office.attempt(worker, story: story, isWatched: true)?.state == .failed)
        #expect(story.retries.isEmpty)
        #expect(story.failure?.message.contains("asks for a pause of 86400.0 seconds") == true)
        #expect(story.failure?.hint?.contains("maxActiveDuration") == true)
        // The next model of a chain has asked for nothing.
        let chained = try Vendor.serving(.status(429, retryAfter: 86_400), .text("Here."))
        let models = OfficeCodex.models(chained.url(), "routing: { fallback_chain: [spare] }")
        let lucky = try Office(vendor: chained, ["providers/models.yaml": models])
        let other = try await lucky.worker()
        try await lucky.queue()
        #expect(try await lucky.attempt(other, isWatched: true)?.state == .queued)
        lucky.time.advance(by: .seconds(20))
        #expect(try await lucky.attempt(other, isWatched: true)?.state == .succeeded)
        // Nobody waits for one under `serve`.
        let patient = try Office(vendor: try Vendor.serving(.status(429, retryAfter: 86_400)))
        try await patient.queue()
        #expect(try await patient.attempt(try await patient.worker(), story: story)?.state == .queued)
        #expect(story.retries == [start + .seconds(86_400)])
    }

    @Test func `a fallback that only the run's own commit has is asked too`() async throws {
        let vendor = try Vendor.serving(.status(429, retryAfter: 86_400), .text("Here."))
        let office = try Office(
            vendor: vendor,
            ["providers/models.yaml": OfficeCodex.models(vendor.url(), "routing: { fallback_chain: [spare] }")])
        let (worker, story) = (try await office.worker(), Story())
        try await office.queue()
        // The accepted head has no chain: the run was called with a draft, as with `--worktree`.
        try office.push(["providers/models.yaml": OfficeCodex.models(vendor.url())])
        #expect(try await office.attempt(worker, story: story, isWatched: true)?.state == .queued)
        office.time.advance(by: .seconds(20))
        #expect(try await office.attempt(worker, story: story, isWatched: true)?.state == .succeeded)
        #expect(story.models == ["scripted/small", "spare/large"])
        // And a chain that only the head has is none of this run's.
        let bare = try Vendor.serving(.status(429, retryAfter: 86_400))
        let other = try Office(vendor: bare)
        try await other.queue()
        try other.push([
            "providers/models.yaml": OfficeCodex.models(bare.url(), "routing: { fallback_chain: [spare] }")
        ])
        let ended = try await other.attempt(try await other.worker(), story: story, isWatched: true)
        #expect(ended?.state == .failed)
        #expect(story.failure?.message.contains("asks for a pause of") == true)
    }

    @Test func `retries end, and the last failure is the invocation's`() async throws {
        let vendor = try Vendor.serving(.status(500))
        let office = try Office(vendor: vendor)
        let (worker, story) = (try await office.worker(), Story())
        try await office.queue()
        for _ in 0..<2 {
            #expect(try await office.attempt(worker, story: story)?.state == .queued)
            office.time.advance(by: .seconds(20))
        }
        let ended = try #require(try await office.attempt(worker, story: story))
        #expect(ended.state == .failed)
        #expect(ended.attempt == 3)
        #expect(story.failure?.kind == .unavailable)
        #expect(story.failure?.message == "scripted: status 500: not now")
        #expect(story.retries.allSatisfy { $0 < office.time.now })
        #expect(try await office.ledger.reports.status().deadLetters == 1)
    }

    @Test(arguments: [400, 401, 403, 404, 422]) func `a refusal is for good`(status: Int) async throws {
        let vendor = try Vendor.serving(.status(status))
        let office = try Office(vendor: vendor)
        let story = Story()
        try await office.queue()
        #expect(try await office.attempt(try await office.worker(), story: story)?.state == .failed)
        #expect(vendor.requests.count == 1)
        #expect(story.failure?.message.contains("refused the request (\(status))") == true)
    }

    @Test func `a stream that breaks off is paid for at its bound, and tried again`() async throws {
        let vendor = try Vendor.serving(.steps(Self.half), .text("Here."))
        let office = try Office(vendor: vendor)
        let worker = try await office.worker()
        let id = try await office.queue()
        let back = try #require(try await office.attempt(worker))
        #expect(back.state == .queued)
        #expect(back.usage.output == 1024)
        #expect(try await office.auditKinds().contains("budget.estimated"))
        office.time.advance(by: .seconds(20))
        let ended = try #require(try await office.attempt(worker))
        #expect(ended.state == .succeeded)
        #expect(ended.usage == back.usage + Vendor.usage)
        // Nothing is left reserved: two turns, both at an end.
        #expect(try await office.ledger.invocations.turns(of: id).allSatisfy { $0.endedAt != nil })
    }

    @Test func `a budget without room refuses before anything is sent, and the run waits for it`() async throws {
        let vendor = try Vendor.serving(.text("Here."))
        let office = try Office(vendor: vendor)
        let story = Story()
        var options = RunOptions()
        options.budget = 40
        try await office.queue(options: options)
        let ended = try #require(try await office.attempt(try await office.worker(), story: story))
        #expect(ended.state == .waiting)
        #expect(ended.waitReason == .budget)
        #expect(story.refusal?.setting == "--budget")
        #expect(story.refusal?.hint?.contains("run with --budget ") == true)
        #expect(vendor.requests.isEmpty)
        #expect(try await office.auditKinds().contains("budget.refused"))
    }

    @Test func `a model without a price is refused where a limit on money holds`() async throws {
        let vendor = try Vendor.serving(.text("Here."))
        let resources = "resources: { costBudget: { perInvocation: \"1\" } }"
        let office = try Office(
            vendor: vendor, ["agents/clerk.yaml": OfficeCodex.agent("clerk", model: "spare", resources)])
        let story = Story()
        try await office.queue()
        #expect(try await office.attempt(try await office.worker(), story: story)?.state == .failed)
        #expect(story.failure?.message.contains("the model's price is unknown") == true)
        #expect(vendor.requests.isEmpty)
    }

    @Test func `an answer that was cut at its limit is no success`() async throws {
        let vendor = try Vendor.serving(.text("Half a sen", stop: "length"))
        let office = try Office(vendor: vendor)
        let story = Story()
        try await office.queue()
        let ended = try #require(try await office.attempt(try await office.worker(), story: story))
        #expect(ended.state == .failed)
        #expect(ended.outcome == "Half a sen")
        #expect(story.failure?.message == "the answer was cut at its limit of 1024 tokens")
    }

    @Test func `a call that outlasts the agent's time is stopped and settled`() async throws {
        let vendor = try Vendor.serving(.steps([.stallForever]))
        let office = try Office(vendor: vendor)
        let (worker, story) = (try await office.worker(), Story())
        let id = try await office.queue()
        async let attempt = office.attempt(worker, story: story)
        await vendor.waitForRequests(1)
        office.time.advance(by: .seconds(300))
        #expect(try await attempt?.state == .failed)
        #expect(story.failure?.message == "it worked longer than 300.0 seconds")
        #expect(try await office.invocation(id).usage.output == 1024)
        #expect(try await office.ledger.invocations.turns(of: id).map { $0.endedAt != nil } == [true])
    }

    @Test func `no turn begins once the agent's time is up`() async throws {
        let vendor = try Vendor.serving(.calls([("codex.read", ["path": "adr/0001.md"])]), .text("Late."))
        let office = try Office(vendor: vendor)
        let story = Story()
        try await office.queue()
        let ended = try await office.attempt(
            try await office.worker(), story: story,
            observe: { [time = office.time] event in
                if case .result = event { time.advance(by: .seconds(301)) }
            })
        #expect(ended?.state == .failed)
        #expect(vendor.requests.count == 1)
        #expect(story.failure?.hint == "raise resources.maxActiveDuration of agent clerk")
    }

    @Test func `who drains puts it back after its turn, and the next attempt pays nothing twice`() async throws {
        let vendor = try Vendor.serving(.calls([("codex.read", ["path": "adr/0001.md"])]), .text("Done."))
        let office = try Office(vendor: vendor)
        let (worker, story) = (try await office.worker(), Story())
        try await office.queue()
        let back = try #require(
            try await office.attempt(worker, story: story, isDraining: { !story.all.isEmpty && story.hasAnswer }))
        #expect(back.state == .queued)
        #expect(back.failures == 0)
        #expect(back.usage == Vendor.usage)
        let ended = try #require(try await office.attempt(worker))
        #expect(ended.state == .succeeded)
        #expect(ended.attempt == 2)
        #expect(vendor.requests.count == 2)
        #expect(ended.usage == Vendor.usage + Vendor.usage)
    }

    @Test func `an attempt that lost its claim changes nothing`() async throws {
        let vendor = try Vendor.serving(.text("Mine."), .text("Not mine."))
        let office = try Office(vendor: vendor)
        let (slow, quick) = (try await office.worker(), try await office.worker())
        let id = try await office.queue()
        let stale = try #require(
            try await office.ledger.invocations.claim(ClaimScope(), upTo: 1, worker: slow, now: office.time.now).first)
        office.time.advance(by: .seconds(31))
        #expect(try await office.ledger.invocations.recover(except: quick, now: office.time.now).invocations == 1)
        #expect(try await office.attempt(quick)?.outcome == "Mine.")
        await #expect(throws: LedgerFailure.fenced(what: "invocation \(id)")) { try await office.run(stale, slow) }
        #expect(try await office.invocation(id).outcome == "Mine.")
        #expect(try await office.invocation(id).usage == Vendor.usage)
    }
}

extension Story {
    var hasAnswer: Bool { all.contains { if case .answered = $0 { true } else { false } } }
}
