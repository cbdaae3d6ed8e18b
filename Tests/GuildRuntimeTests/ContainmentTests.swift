import GuildCodex
import GuildConnectors
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import GuildTransport
import Testing

@testable import GuildRuntime

/// An agent stays where it was called.
@Suite(.timeLimit(.minutes(5))) struct ContainmentTests {
    private static let shop = Container(system: "github", name: "acme/shop")

    private func box(_ place: RunPlace, _ tools: String? = nil, _ office: Office) throws -> ToolBox {
        var head = office.head
        if let tools {
            let agent = OfficeCodex.manifest("Agent", "clerk", "prompt: Be brief.\nmodel: scripted\ntools:\n\(tools)")
            head = try OfficeCodex.snapshot(["agents/clerk.yaml": agent])
        }
        return ToolBox(
            try #require(head.agent("clerk")), in: head, safety: head.safety,
            connectors: office.connectors.of(office.head), place: place)
    }

    private func plan(_ box: ToolBox, _ name: String, _ arguments: JSONValue) throws -> ToolCall {
        try #require(box.plan([.toolUse(id: "c", name: name, input: arguments)], now: start).first)
    }

    @Test func `an issue in one repository makes nobody write in another or read a private one`() async throws {
        let elsewhere: JSONValue = ["repository": "other/repo", "number": 42, "body": "Buy now."]
        let vendor = try Vendor.serving(
            .calls([
                ("github.create_issue_comment", elsewhere),
                ("github.get_issue", ["repository": "acme/private", "number": 1]),
                ("github.get_issue", Hub.issue),
            ]), .text("Then not."))
        let hub = try Hub.serving()
        let office = try Office(vendor: vendor, hub: hub)
        let id = try await office.queue()
        #expect(try await office.attempt(try await office.worker())?.state == .succeeded)
        #expect(try await office.actions(id).isEmpty)
        #expect(hub.requests.map(\.path) == ["/repos/acme/shop/issues/42"])
        let calls = try #require(try await office.ledger.invocations.turns(of: id).first).calls
        #expect(calls.map(\.isError) == [true, true, false])
        #expect(calls[0].result?.contains("you were called in github:acme/shop") == true)
        #expect(calls[1].result?.hasPrefix("github.get_issue on acme/private is out of reach") == true)
    }

    /// Each of GitHub's operations says what it reaches.
    @Test(arguments: GitHubOperations.all)
    func `every operation of GitHub is held to a repository`(operation: GuildDomain.Operation) throws {
        let office = try Office()
        let tools = "  - { pattern: \"github.*\", autonomy: 3 }"
        let box = try box(RunPlace(containers: [Self.shop]), tools, office)
        let all: [(String, JSONValue)] = [
            ("number", 42), ("body", "x"), ("comment_id", 7), ("labels", ["bug"]), ("label", "bug"),
            ("assignees", ["ada"]),
            ("title", "x"), ("sha", .string(String(repeating: "a", count: 40))), ("state", "success"),
            ("reviewers", ["ada"]),
        ]
        let required = operation.schema["required"]?.array?.compactMap(\.string) ?? []
        for (repository, isRefused) in [("acme/shop", false), ("ACME/SHOP", false), ("other/repo", true)] {
            let members = [("repository", JSONValue.string(repository))] + all.filter { required.contains($0.0) }
            let call = try plan(box, operation.name, .object(JSONObject(members)))
            #expect(call.isError == isRefused, "\(call.result ?? "")")
            #expect((call.action == nil) == (isRefused || operation.effect == .read))
        }
    }

    @Test(arguments: [
        "other/repo", "acme/shop/../../other/repo", "acme/shop/..", "..", "acme/shop/", "/acme/shop", "acme//shop",
        "acme/shop.", "acme/shop.git", "acme/shop ", "acme%2fshop", "acme/shop%00", "acme/shop\u{200B}", "аcme/shop",
        "other/repo#acme/shop", "acme\\shop", "acme/shop?x=other/repo", "acme/ſhop",
    ])
    func `no spelling leads out, whatever the rule`(repository: String) async throws {
        let office = try Office()
        for scope in ["container", "subject", "[\"acme/*\"]"] {
            let box = try box(
                RunPlace(.sample("event")), "  - { pattern: \"github.*\", autonomy: 3, on: \(scope) }", office)
            let comment = try plan(
                box, "github.create_issue_comment", ["repository": .string(repository), "number": 42, "body": "x"])
            #expect(comment.isError && comment.action == nil, "\(scope)")
            let split = try plan(
                box, "github.create_issue_comment",
                ["repository": "acme/shop", "owner": "other", "repo": "repo", "number": 42, "body": "x"])
            #expect(split.isError && split.action == nil)
            // What an earlier process has planned is held against the rules again.
            let planned = ToolCall(
                position: 0, callID: "c", name: "github.get_issue",
                arguments: ["repository": .string(repository), "number": 42])
            let read = await box.read(planned)
            #expect(read.isError && read.result?.hasPrefix("github.get_issue: ") == false, "\(read.result ?? "")")
        }
    }

    @Test func `what is called by hand reaches only where a person says`() async throws {
        let office = try Office()
        let nowhere = try box(.nowhere, nil, office)
        let refused = try plan(nowhere, "github.add_labels", Hub.labels)
        #expect(refused.result?.contains("guild run --on github:OWNER/REPO") == true)
        var options = RunOptions()
        options.containers = [Self.shop]
        #expect(RunOptions(json: options.json) == options)
        let event = Event.sample("hand", system: "cli")
        #expect(RunPlace(event, on: RunOptions(json: options.json).containers).containers == [Self.shop])
        #expect(RunPlace(event).containers.isEmpty)
        let named = try box(RunPlace(event, on: [Self.shop]), nil, office)
        #expect(try plan(named, "github.add_labels", Hub.labels).action?.autonomy == .act)
    }

    @Test func `a run keeps where it was called through waiting, retries and resumption`() async throws {
        let other: JSONValue = ["repository": "other/repo", "number": 42, "labels": ["bug"]]
        let vendor = try Vendor.serving(
            .calls([("github.add_labels", Hub.labels)]), .calls([("github.add_labels", other)]), .text("Enough."))
        let office = try Office(vendor: vendor)
        var options = RunOptions()
        options.containers = [Self.shop]
        let (id, worker) = (try await office.queue("hand", options: options), try await office.worker())
        #expect(try await office.attempt(worker)?.state == .waiting)
        try await office.perform(worker)
        #expect(try await office.attempt(worker)?.state == .succeeded)
        #expect(try await office.actions(id).map(\.subject) == ["acme/shop#42"])
    }

    @Test func `merged events lend a run what they are about, never where they are from`() throws {
        let (own, other) = (Event.sample("a"), Event.sample("b", system: "jira"))
        let place = RunPlace(own, merged: [other])
        #expect(place.containers == [Self.shop])
        #expect(place.subjects.map(\.system) == ["github", "jira"])
    }

    @Test func `a cron trigger's on is where its runs are called`() throws {
        let trigger = """
            triggers:
              - { type: cron, name: nightly, schedule: "5 5 * * *", timezone: UTC, on: ["github:acme/shop"] }
              - { type: cron, name: idle, schedule: "5 6 * * *", timezone: UTC }
            """
        let snapshot = try OfficeCodex.snapshot(["agents/clerk.yaml": OfficeCodex.agent("clerk", trigger)])
        let events = ScheduleEntry.all(in: snapshot).map { ScheduleEvent.make($0, dueAt: start) }
        #expect(Set(events.map(\.containers)) == [[Self.shop], []])
    }

    @Test func `the ledger keeps an event's containers, and what the run was called with goes to what it causes`()
        async throws
    {
        let vendor = try Vendor.serving(.calls([("github.add_labels", Hub.labels)]), .text("Done."))
        let office = try Office(vendor: vendor)
        var event = Event.sample("kept")
        event.containers = [Container(system: "github", name: "acme/ops"), Self.shop]
        _ = try await office.ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
        #expect(try await office.ledger.events.find(event.id)?.containers == event.containers)

        var options = RunOptions()
        options.containers = [Container(system: "github", name: "acme/ops"), Self.shop]
        let (id, worker) = (try await office.queue("cause", options: options), try await office.worker())
        #expect(try await office.attempt(worker)?.state == .waiting)
        try await office.perform(worker)
        let action = try #require(try await office.actions(id).first)
        #expect(try await office.ledger.events.origin(of: action.id)?.containers == options.containers)
        let last = try await office.ledger.events.origin(
            ofLast: ["github.add_labels"], on: "acme/shop#42", now: office.time.now)
        #expect(last?.containers == options.containers)
    }
}
