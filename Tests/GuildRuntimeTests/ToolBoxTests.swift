import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import GuildTransport
import Testing

@testable import GuildRuntime

@Suite struct ToolBoxTests {
    private func toolBox(_ changes: [String: String?] = [:]) throws -> ToolBox {
        let snapshot = try OfficeCodex.snapshot(changes)
        let agent = try #require(snapshot.agent("clerk"))
        return ToolBox(
            agent, in: snapshot, safety: snapshot.safety, connectors: Self.connectors,
            place: RunPlace(.sample("event")))
    }

    /// GitHub on an address where nobody is.
    private static let connectors = Connectors([
        .init(
            system: "github", connector: GitHubConnector(),
            performer: .success(
                GitHubClient(
                    settings: GitHubSettings(baseURL: "http://127.0.0.1:9"),
                    http: HTTPClient(settings: HTTPClientSettings(environment: [:])), redactor: Redactor(),
                    clock: ManualTime())))
    ])

    private func plan(
        _ box: ToolBox, _ name: String, _ arguments: JSONValue, text: String = "", now: Timestamp = start
    ) throws -> ToolCall {
        let calls = box.plan([.text(text), .toolUse(id: "c", name: name, input: arguments)], now: now)
        return try #require(calls.first)
    }

    private func read(_ box: ToolBox, _ path: JSONValue) async throws -> ToolCall {
        await box.read(ToolCall(position: 0, callID: "c", name: "codex.read", arguments: ["path": path]))
    }

    @Test func `a model is offered what its manifest allows, in a stable order`() throws {
        let names = try toolBox().tools.map(\.name)
        #expect(names == names.sorted())
        #expect(names.contains("codex.read") && names.contains("github.add_labels"))
        #expect(!names.contains("github.create_issue"))
        let none = OfficeCodex.manifest("Agent", "clerk", "{ type: Clerk, prompt: Be brief., model: scripted }")
        #expect(try toolBox(["agents/clerk.yaml": none]).tools.isEmpty)
    }

    @Test func `a tool that is not allowed is refused, with the nearest that is`() throws {
        let denied = try plan(try toolBox(), "github.create_issue", ["repository": "a/b", "title": "x"])
        #expect(denied.isError)
        #expect(denied.action == nil)
        #expect(denied.result?.hasPrefix("there is no tool 'github.create_issue' for you") == true)
        let misspelt = try plan(try toolBox(), "github.add_label", Hub.labels)
        #expect(misspelt.result == "there is no tool 'github.add_label' for you; did you mean 'github.add_labels'?")
    }

    @Test(
        arguments: [
            ["number": 42, "body": "x"], ["repository": "acme/shop", "number": "42", "body": "x"], [], .null, "text",
            ["repository": "acme/shop", "number": 42, "body": "x", "more": 1],
        ] as [JSONValue])
    func `arguments that break the tool's schema are refused`(arguments: JSONValue) throws {
        let call = try plan(try toolBox(), "github.create_issue_comment", arguments)
        #expect(call.isError)
        #expect(call.action == nil)
        #expect(call.result?.hasPrefix("wrong arguments: ") == true)
    }

    @Test(arguments: [
        (#"{"repository":"acme/shop","number":42,"body":"x","body":"y"}"#, "body"),
        (#"{"repository":"acme/shop","number":42,"body":"x","more":[{"a":1,"a":2}]}"#, "a"),
    ])
    func `arguments that say a thing twice are refused, whatever a policy saw of them`(
        arguments: String, key: String
    ) throws {
        let call = try plan(try toolBox(), "github.create_issue_comment", try JSONParser.parse(arguments))
        #expect(call.isError)
        #expect(call.action == nil)
        #expect(call.result == "wrong arguments: '\(key)' is there twice")
    }

    @Test func `a write becomes an action with its subject, autonomy and reason`() throws {
        let long = String(repeating: "w", count: 600)
        let call = try plan(try toolBox(), "github.create_issue_comment", Hub.comment, text: long)
        let action = try #require(call.action)
        #expect(call.actionID == action.id)
        #expect(call.result == nil)
        #expect(action.connector == "github")
        #expect(action.subject == "acme/shop#42")
        #expect(action.autonomy == .act)
        #expect(action.arguments == Hub.comment)
        #expect(action.reason == String(long.prefix(500)))
        #expect(try plan(try toolBox(), "github.add_labels", Hub.labels).action?.reason == "no reason given")
        let careful = try toolBox(["agents/clerk.yaml": OfficeCodex.agent(autonomy: 1)])
        #expect(try plan(careful, "github.add_labels", Hub.labels).action?.autonomy == .approve)
    }

    @Test func `a read waits to be run, and positions count through`() throws {
        let calls = try toolBox().plan(
            [
                .toolUse(id: "a", name: "github.get_issue", input: Hub.issue), .text("then"),
                .toolUse(id: "b", name: "nothing", input: [:]),
                .toolUse(id: "c", name: "github.add_labels", input: Hub.labels),
            ], now: start)
        #expect(calls.map(\.position) == [0, 1, 2])
        #expect(calls.map(\.callID) == ["a", "b", "c"])
        #expect(calls.map { $0.result == nil } == [true, false, true])
        #expect(calls.map { $0.action == nil } == [true, true, false])
    }

    /// `start` is a Monday, 14:13 in UTC.
    @Test func `a freeze refuses while it lasts, reads too`() throws {
        let policy = OfficeCodex.manifest(
            "SafetyPolicy", "calm",
            """
            freezes:
              - { tools: ["github.*"], when: { days: [mon], from: "14:00", to: "14:59", timezone: UTC }, message: Not on Monday. }
            """)
        let box = try toolBox(["policies/calm.yaml": policy])
        for (tool, arguments) in [("github.get_issue", Hub.issue), ("github.add_labels", Hub.labels)] {
            let call = try plan(box, tool, arguments)
            #expect(call.isError)
            #expect(call.result == "blocked by policy: Not on Monday.")
            #expect(call.action == nil)
            #expect(try !plan(box, tool, arguments, now: start + .seconds(3600)).isError)
        }
        #expect(try !plan(box, "codex.read", ["path": "adr/0001.md"]).isError)
    }

    @Test func `an approvals policy asks a person whatever the autonomy, and names its rule`() throws {
        let policy = OfficeCodex.manifest(
            "SafetyPolicy", "calm",
            "approvals: [{ tools: [\"github.*\"], conditions: { labels: [bug] } }, { tools: [github.create_issue] }]")
        let box = try toolBox(["policies/calm.yaml": policy])
        let held = try #require(try plan(box, "github.add_labels", Hub.labels).action)
        #expect(held.policy == "SafetyPolicy calm, approvals[0] (policies/calm.yaml:5)")
        #expect(held.autonomy == .act)
        let other: JSONValue = ["repository": "acme/shop", "number": 42, "labels": ["idea"]]
        let free = try #require(try plan(box, "github.add_labels", other).action)
        #expect(free.policy == nil && free.autonomy == .act)
        #expect(try plan(box, "github.create_issue", ["repository": "a/b", "title": "x"]).isError)
    }

    @Test func `an approval is passed by no other spelling and no sister operation`() throws {
        let policy = OfficeCodex.manifest(
            "SafetyPolicy", "calm",
            """
            approvals:
              - { fields: [labels], conditions: { labels: [severity/1] } }
              - { fields: [mentions], conditions: { mentions: [acme/everyone] } }
              - { tools: [github.remove_label], conditions: { labels: [{ prefix: keep/ }] } }
            """)
        let agent = OfficeCodex.manifest(
            "Agent", "clerk",
            "{ type: Clerk, prompt: Be brief., model: scripted, tools: [{ pattern: \"github.*\", autonomy: 3 }] }")
        let box = try toolBox(["policies/calm.yaml": policy, "agents/clerk.yaml": agent])
        func waits(_ name: String, _ more: JSONObject) throws -> Bool {
            var arguments = more
            arguments["repository"] = "acme/shop"
            if name != "create_issue" { arguments["number"] = 42 }
            return try #require(try plan(box, "github.\(name)", .object(arguments)).action).policy != nil
        }
        #expect(try waits("add_labels", ["labels": ["Severity/1"]]))
        #expect(try waits("create_issue", ["title": "t", "labels": ["SEVERITY/1"]]))
        #expect(try waits("remove_label", ["label": "Severity/1"]))
        #expect(try waits("remove_label", ["label": "Keep/this"]))
        #expect(try waits("create_issue", ["title": "t", "body": "dear @Acme/Everyone"]))
        #expect(try waits("create_issue", ["title": "dear @Acme/Everyone"]))
        #expect(try waits("create_issue_comment", ["body": "dear &#64;acme/everyone"]))
        #expect(try !waits("create_issue_comment", ["body": "dear @acme/someone"]))
        #expect(try !waits("add_labels", ["labels": ["keep/this"]]))
    }

    @Test(arguments: [
        "../guild.yaml", "/etc/passwd", "adr/../guild.yaml", "./guild.yaml", "adr", "", "adr/0001.md/", "ADR/0001.md",
        "codex/guild.yaml", "adr\\0001.md",
    ])
    func `nothing outside the codex can be read, by whatever path`(path: String) async throws {
        let call = try await read(try toolBox(), .string(path))
        #expect(call.isError)
        #expect(call.result?.hasPrefix("there is no file '\(path)'") == true)
    }

    @Test func `a file of the codex is read, a long one cut at the limit`() async throws {
        let long = String(repeating: "é", count: ToolBox.resultLimitBytes)
        let box = try toolBox(["adr/long.md": long])
        #expect(try await read(box, "adr/0001.md").result == "Decide once.\n")
        let cut = try #require(try await read(box, "adr/long.md").result)
        #expect(cut.hasSuffix("\n[cut after \(ToolBox.resultLimitBytes) bytes]"))
        #expect(cut.utf8.count < ToolBox.resultLimitBytes + 64)
        #expect(!cut.contains("\u{FFFD}"))
        #expect(try await read(box, "adr/0001.mb").result?.hasSuffix("did you mean 'adr/0001.md'?") == true)
        #expect(try await read(box, 7).isError)
    }

    @Test func `a read that fails is the model's to see`() async throws {
        let call = await (try toolBox()).read(
            ToolCall(position: 0, callID: "c", name: "github.get_issue", arguments: Hub.issue))
        #expect(call.isError)
        #expect(call.result?.hasPrefix("github.get_issue: ") == true)
    }
}
