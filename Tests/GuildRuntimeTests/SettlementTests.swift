import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// What a call is settled at when its answer, or its usage, cannot be taken as it came.
@Suite(.timeLimit(.minutes(10))) struct SettlementTests {
    private func bodies(_ office: Office, _ kind: String) async throws -> [JSONValue] {
        var filter = AuditFilter()
        filter.limit = 1000
        return try await office.ledger.audit.log(filter).filter { $0.kind == kind }.compactMap(\.body)
    }

    @Test func `an unusable answer costs what was reported, once for each try`() async throws {
        let office = try Office(
            vendor: try Vendor.serving(.steps(try StreamCases.steps("openai-arguments-not-json")), .text("Here.")))
        let worker = try await office.worker()
        let id = try await office.queue()
        let back = try #require(try await office.attempt(worker))
        #expect(back.state == .queued)
        #expect(back.usage == TokenUsage(input: 50, output: 7))
        #expect(try await !office.auditKinds().contains("budget.estimated"))
        office.time.advance(by: .seconds(20))
        let ended = try #require(try await office.attempt(worker))
        #expect(ended.usage == back.usage + Vendor.usage)
        #expect(try await office.ledger.invocations.turns(of: id).map(\.usage.total) == [57, 110])
        #expect(try await office.ledger.budgets.verify(now: office.time.now).findings.isEmpty)
    }

    @Test func `a login page costs nothing, at any try`() async throws {
        let page = RawServer.respond(headers: ["Content-Type": "text/html"], body: "<html>Please log in</html>")
        let office = try Office(vendor: try Vendor.serving(.steps(page), .text("Here.")))
        let (worker, story) = (try await office.worker(), Story())
        try await office.queue()
        let back = try #require(try await office.attempt(worker, story: story))
        #expect(back.state == .queued)
        #expect(back.usage == .zero)
        office.time.advance(by: .seconds(20))
        #expect(try await office.attempt(worker)?.usage == Vendor.usage)
    }

    @Test func `a usage that was reported on the way is booked, marked as an estimate`() async throws {
        let counted = #"{"prompt_tokens":2000,"completion_tokens":2}"#
        let body = "data: \(OpenAIStreamTests.chunk(#"{"content":"half"}"#, usage: counted))\n\n"
        let office = try Office(
            vendor: try Vendor.serving(
                .steps(RawServer.respond(headers: ["Content-Type": "text/event-stream"], body: body))))
        try await office.queue()
        let back = try #require(try await office.attempt(try await office.worker()))
        #expect(back.usage == TokenUsage(input: 2_000, output: 2))
        #expect(try await bodies(office, "budget.estimated").first?["doubt"]?.string?.contains("a minimum") == true)
        #expect(try await office.ledger.budgets.verify(now: office.time.now).findings.isEmpty)
    }

    @Test func `a usage that cannot be is settled at the bound, marked and told`() async throws {
        let usage = #"{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807}"#
        let body = [
            OpenAIStreamTests.chunk(#"{"content":"hi"}"#, finish: "stop"), #"{"choices":[],"usage":\#(usage)}"#,
            "[DONE]",
        ].map { "data: \($0)\n\n" }.joined()
        let office = try Office(
            vendor: try Vendor.serving(
                .steps(RawServer.respond(headers: ["Content-Type": "text/event-stream"], body: body))))
        let story = Story()
        try await office.queue()
        let ended = try #require(try await office.attempt(try await office.worker(), story: story))
        #expect(ended.state == .succeeded)
        #expect(ended.usage.output == 1024)
        #expect(ended.usage.total < 10_000)
        let estimate = try #require(try await bodies(office, "budget.estimated").first)
        #expect(estimate["reason"]?.string?.contains("implausible usage") == true)
        #expect(story.warnings.contains { $0.contains("implausible usage") })
        #expect(try await office.ledger.budgets.verify(now: office.time.now).findings.isEmpty)
    }

    @Test func `a usage of nothing is settled by our own estimate`() async throws {
        let body = [
            OpenAIStreamTests.chunk(#"{"content":"thirty bytes of content, about."}"#, finish: "stop"),
            #"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#, "[DONE]",
        ].map { "data: \($0)\n\n" }.joined()
        let office = try Office(
            vendor: try Vendor.serving(
                .steps(RawServer.respond(headers: ["Content-Type": "text/event-stream"], body: body))))
        try await office.queue()
        let ended = try #require(try await office.attempt(try await office.worker()))
        #expect(ended.usage.output == 11)
        #expect(ended.usage.input > 100)
        #expect(try await office.auditKinds().contains("budget.estimated"))
        #expect(try await bodies(office, "model.called").first?["estimated"] == true)
    }

    @Test func `an unknown stop reason is told and journalled`() async throws {
        let office = try Office(vendor: try Vendor.serving(.text("Here.", stop: "some_new_reason")))
        let story = Story()
        try await office.queue()
        #expect(try await office.attempt(try await office.worker(), story: story)?.state == .succeeded)
        #expect(story.warnings.contains { $0.contains("some_new_reason") })
        #expect(try await bodies(office, "model.called").first?["warning"]?.string?.contains("some_new_reason") == true)
    }
}

extension Story {
    var warnings: [String] { all.compactMap { if case .warned(_, let text) = $0 { text } else { nil } } }
}
