import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// What one attempt does with what the model answers.
@Suite(.timeLimit(.minutes(10))) struct InvocationRunTests {
    private func result(_ body: JSONValue?) -> JSONValue? { body?["messages"]?.array?.last }

    @Test func `a final answer ends it, with what it used and cost`() async throws {
        let vendor = try Vendor.serving(.text("Thank you."))
        let office = try Office(vendor: vendor)
        let (id, story) = (try await office.queue(), Story())
        let ended = try #require(try await office.attempt(try await office.worker(), story: story))
        #expect(ended.id == id)
        #expect(ended.state == .succeeded)
        #expect(ended.outcome == "Thank you.")
        #expect(ended.usage == Vendor.usage)
        #expect(ended.costMicrodollars == 120)
        #expect(story.models == ["scripted/small"])
        #expect(story.failure == nil)
        #expect(
            try await office.auditKinds() == [
                "event.accepted", "dispatch.decided", "invocation.begun", "model.called", "invocation.ended",
            ])
        #expect(try vendor.bodies.first?["max_tokens"] == 1024)
    }

    @Test func `reads are run at once and their results are the next question`() async throws {
        let vendor = try Vendor.serving(
            .calls([("github.get_issue", Hub.issue), ("codex.read", ["path": "adr/0001.md"])], saying: "Let me look."),
            .text("Seen."))
        let hub = try Hub.serving()
        let office = try Office(vendor: vendor, hub: hub)
        let id = try await office.queue()
        #expect(try await office.attempt(try await office.worker())?.state == .succeeded)
        #expect(hub.requests.map(\.path) == ["/repos/acme/shop/issues/42"])
        let calls = try #require(try await office.ledger.invocations.turns(of: id).first).calls
        #expect(calls.map(\.name) == ["github.get_issue", "codex.read"])
        #expect(calls.last?.result == "Decide once.\n")
        #expect(try result(vendor.bodies.last)?["content"] == "Decide once.\n")
        #expect(try await office.auditKinds().filter { $0 == "tool.called" }.count == 2)
    }

    @Test func `a refused tool is told to the model, which goes on`() async throws {
        let vendor = try Vendor.serving(
            .calls([("github.create_issue", ["repository": "acme/shop", "title": "x"])]), .text("Then not."))
        let office = try Office(vendor: vendor)
        let id = try await office.queue()
        #expect(try await office.attempt(try await office.worker())?.state == .succeeded)
        #expect(try await office.actions(id).isEmpty)
        let content = try result(vendor.bodies.last)?["content"]?.string
        #expect(content?.contains("there is no tool 'github.create_issue' for you") == true)
    }

    @Test func `a write lets go of the worker, and its result is the next question`() async throws {
        let vendor = try Vendor.serving(
            .calls([("github.create_issue_comment", Hub.comment)], saying: "To help."), .text("Said."))
        let office = try Office(vendor: vendor)
        let (worker, story) = (try await office.worker(), Story())
        let id = try await office.queue()
        #expect(try await office.attempt(worker, story: story)?.state == .waiting)
        #expect(story.waits == [.action])
        let action = try #require(try await office.actions(id).first)
        #expect(action.operation == "github.create_issue_comment")
        #expect(action.reason == "To help.")
        #expect(try await office.attempt(worker) == nil)
        try await office.perform(worker)
        #expect(try await office.attempt(worker)?.state == .succeeded)
        #expect(vendor.requests.count == 2)
        #expect(try result(vendor.bodies.last)?["content"] == "{\"id\":7}")
    }

    @Test func `waiting for a person's yes costs none of its working time`() async throws {
        let vendor = try Vendor.serving(.calls([("github.add_labels", Hub.labels)]), .text("Labelled."))
        let office = try Office(vendor: vendor, ["agents/clerk.yaml": OfficeCodex.agent(autonomy: 1)])
        let (worker, story) = (try await office.worker(), Story())
        let id = try await office.queue()
        #expect(try await office.attempt(worker, story: story)?.waitReason == .approval)
        #expect(story.waits == [.approval])
        office.time.advance(by: .seconds(3 * 86_400))
        let action = try #require(try await office.actions(id).first)
        _ = try await office.ledger.actions.decide(
            action.id, approve: true, actor: "user:ada", reason: nil, waitUntil: office.time.now + .seconds(60),
            now: office.time.now)
        try await office.perform(worker)
        office.time.advance(by: .seconds(3 * 86_400))
        #expect(try await office.attempt(worker)?.state == .succeeded)
    }

    @Test func `a person's no is the call's error`() async throws {
        let vendor = try Vendor.serving(.calls([("github.add_labels", Hub.labels)]), .text("As you wish."))
        let office = try Office(vendor: vendor, ["agents/clerk.yaml": OfficeCodex.agent(autonomy: 1)])
        let worker = try await office.worker()
        let id = try await office.queue()
        try await office.attempt(worker)
        let action = try #require(try await office.actions(id).first)
        _ = try await office.ledger.actions.decide(
            action.id, approve: false, actor: "user:ada", reason: "not ours", waitUntil: start, now: start)
        #expect(try await office.attempt(worker)?.state == .succeeded)
        #expect(try result(vendor.bodies.last)?["content"]?.string?.contains("rejected this action: not ours") == true)
    }

    @Test func `past the wait for an action the model hears that it is accepted and not finished`() async throws {
        let vendor = try Vendor.serving(.calls([("github.add_labels", Hub.labels)]), .text("Later then."))
        let office = try Office(vendor: vendor)
        let worker = try await office.worker()
        let id = try await office.queue()
        try await office.attempt(worker)
        office.time.advance(by: .seconds(59))
        #expect(try await office.ledger.invocations.recover(except: worker, now: office.time.now).waits == 0)
        office.time.advance(by: .seconds(1))
        #expect(try await office.ledger.invocations.recover(except: worker, now: office.time.now).waits == 1)
        #expect(try await office.attempt(worker)?.state == .succeeded)
        let action = try #require(try await office.actions(id).first)
        #expect(try result(vendor.bodies.last)?["content"] == .string("accepted, \(action.id), not finished"))
    }

    @Test func `prompt and tools are the commit's, safety and limits the head's`() async throws {
        let vendor = try Vendor.serving(.calls([("github.add_labels", Hub.labels)]), .text("Frozen."))
        let office = try Office(vendor: vendor)
        let worker = try await office.worker()
        let id = try await office.queue()
        try office.push([
            "prompts/clerk.md": "You are somebody else.", "guild.yaml": OfficeCodex.guild(", replyLimit: 200"),
            "policies/calm.yaml": OfficeCodex.manifest(
                "SafetyPolicy", "calm", "freezes: [{ tools: [\"github.*\"], when: { days: [mon] }, message: Hush. }]"),
        ])
        #expect(try await office.attempt(worker)?.state == .succeeded)
        let asked = try #require(try vendor.bodies.first)
        #expect(asked["messages"]?.array?.first?["content"] == "You are the clerk.\n")
        #expect(asked["max_tokens"] == 200)
        #expect(try await office.actions(id).isEmpty)
        #expect(try result(vendor.bodies.last)?["content"]?.string?.contains("blocked by policy: Hush.") == true)
    }

    @Test func `an answer that breaks its schema is repaired once, and then given up`() async throws {
        let agent = OfficeCodex.agent("clerk", "output: { schema: schemas/n.json }")
        let changes = [
            "agents/clerk.yaml": agent, "schemas/n.json": #"{"type":"object","properties":{"n":{"type":"integer"}}}"#,
        ]
        let good = try Vendor.serving(.text("none"), .text("{\"n\": 1}"))
        let office = try Office(vendor: good, changes)
        try await office.queue()
        #expect(try await office.attempt(try await office.worker())?.outcome == "{\"n\": 1}")
        #expect(try result(good.bodies.last)?["content"]?.string?.hasPrefix("Your answer does not satisfy") == true)

        let bad = try Vendor.serving(.text("none"))
        let other = try Office(vendor: bad, changes)
        let story = Story()
        try await other.queue()
        #expect(try await other.attempt(try await other.worker(), story: story)?.state == .failed)
        #expect(story.failure?.message.hasPrefix("the answer does not satisfy its schema") == true)
        #expect(bad.requests.count == 2)
    }

    @Test func `a model that never ends is stopped`() async throws {
        let vendor = try Vendor.serving(.calls([("codex.read", ["path": "adr/0001.md"])]))
        let office = try Office(
            vendor: vendor, ["guild.yaml": OfficeCodex.guild(", tokenBudget: { perInvocation: 10M }")])
        let story = Story()
        try await office.queue()
        #expect(try await office.attempt(try await office.worker(), story: story)?.state == .failed)
        #expect(story.failure?.message == "the model did not end within 32 turns")
        #expect(vendor.requests.count == InvocationRun.turnLimit)
    }

    @Test func `an invocation that names what is not there fails with its reason`() async throws {
        let office = try Office()
        let (worker, story) = (try await office.worker(), Story())
        try await office.queue("a", agent: "nobody")
        #expect(try await office.attempt(worker, story: story)?.state == .failed)
        #expect(story.failure?.kind == .usage)
        try await office.queue(
            "b",
            options: {
                var options = RunOptions()
                options.model = "nobody"
                return options
            }())
        #expect(try await office.attempt(worker, story: story)?.state == .failed)
        #expect(story.failure?.message == "agent clerk: there is no model 'nobody' in the codex's LLMRegistry")
    }
}
