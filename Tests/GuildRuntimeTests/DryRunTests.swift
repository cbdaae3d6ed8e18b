import Foundation
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// What a dry run says, and that a run does it.
@Suite(.timeLimit(.minutes(1))) struct DryRunTests {
    private func dryRun(_ office: Office, _ options: RunOptions = RunOptions(), event: Event) throws -> DryRun {
        try DryRun.make(
            agent: try #require(office.head.agent("clerk")), event: event, options: options, in: office.head,
            connectors: office.connectors.of(office.head), now: office.time.now + .seconds(5))
    }

    private static let event = Event.sample("event", data: ["title": "it broke"])

    /// The keys that the audit has of the calls.
    private func keys(_ office: Office) async throws -> [String] {
        var filter = AuditFilter()
        filter.kind = "model.called"
        return try await office.ledger.audit.log(filter).compactMap { $0.body?["request"]?.string }
    }

    @Test func `it names model, tools, limits and the worst case`() throws {
        let office = try Office(["agents/clerk.yaml": OfficeCodex.agent(autonomy: 1)])
        let dry = try dryRun(office, event: Self.event)
        #expect(dry.model == "scripted/small")
        #expect(dry.provider == "openai-compatible")
        #expect(dry.commit == office.head.commit)
        #expect(dry.reservedOutput == 1024)
        #expect(dry.reservedInput == InputEstimate.tokens(of: dry.request))
        #expect(dry.reservedCost == dry.reservedInput + 2048)
        #expect(dry.perInvocation == Defaults.tokensPerInvocation)
        #expect(dry.tools.first { $0.tool.name == "github.add_labels" }?.rules.map(\.autonomy) == [.approve])
        #expect(dry.place.containers == [Container(system: "github", name: "acme/shop")])
        #expect(!dry.tools.contains { $0.tool.name == "github.create_issue" })
    }

    @Test func `its key is that of the run, also where a budget leaves less room for the answer`() async throws {
        let vendor = try Vendor.serving(.text("Done."))
        let office = try Office(vendor: vendor)
        // An event is older than the invocation that it sets going.
        office.time.advance(by: .seconds(1))
        let dry = try dryRun(office, event: Self.event)
        var options = RunOptions()
        options.budget = dry.reservedInput + 300
        try await office.queue(options: options)
        let path = office.folder.path + "/recorded.jsonl"
        #expect(
            try await office.attempt(try await office.worker(), substitute: .record(path: path))?.state == .succeeded)
        #expect(try vendor.bodies.first?["max_tokens"] == 300)
        #expect(try await keys(office) == [dry.key])
        let recording = try Recording(bytes: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        #expect(recording.entries.map(\.key) == [dry.key])
    }

    @Test func `a recording under its key answers the run, for nothing and in whatever budget`() async throws {
        let office = try Office()
        office.time.advance(by: .seconds(1))
        let dry = try dryRun(office, event: Self.event)
        let entry = Recording.Entry(
            key: dry.key, origin: .authored,
            answer: .init(content: [.text("As written.")], stop: .endTurn, usage: Vendor.usage))
        var options = RunOptions()
        options.budget = dry.reservedInput + 256
        let id = try await office.queue(options: options)
        let ended = try await office.attempt(
            try await office.worker(), substitute: .replay(Recording(entries: [entry])))
        #expect(ended?.outcome == "As written.")
        #expect(ended?.costMicrodollars == 0)
        #expect(try await office.ledger.invocations.turns(of: id).map(\.origin) == ["authored"])
    }

    @Test func `a run that no recording answers fails with the way out`() async throws {
        let office = try Office()
        let story = Story()
        office.time.advance(by: .seconds(1))
        try await office.queue()
        let ended = try await office.attempt(
            try await office.worker(), story: story, substitute: .replay(Recording(entries: [])))
        #expect(ended?.state == .failed)
        #expect(ended?.usage == .zero)
        #expect(story.failure?.hint?.contains(try dryRun(office, event: Self.event).key) == true)
    }
}
