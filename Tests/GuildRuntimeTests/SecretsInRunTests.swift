import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// A known secret in what an agent reads is nothing to its model.
@Suite(.timeLimit(.minutes(10))) struct SecretsInRunTests {
    private static let secret = "tok-0123456789abcdef"

    @Test func `a secret in an event, a file or a result reaches neither the model nor the journal`() async throws {
        let hub = try Hub.serving { request in
            request.method == "GET"
                ? Hub.json(200, ["number": 42, "title": "It broke", "body": .string("see \(Self.secret)")])
                : Hub.answer(request)
        }
        let vendor = try Vendor.serving(
            .calls([
                (name: "github.get_issue", arguments: Hub.issue),
                (name: "codex.read", arguments: ["path": "adr/0002.md"]),
            ]), .text("It says \(Self.secret)."))
        let office = try Office(vendor: vendor, hub: hub, ["adr/0002.md": "The token is \(Self.secret).\n"])
        office.secrets.redactor.learn(Secret(Self.secret))
        let id = try await office.queue(data: ["title": .string("leaked: \(Self.secret)")])
        #expect(try await office.attempt(try await office.worker())?.state == .succeeded)
        for request in vendor.requests { #expect(!String(decoding: request.body, as: UTF8.self).contains("tok-")) }
        #expect(vendor.requests.count == 2)
        let turns = try await office.ledger.invocations.turns(of: id)
        #expect(turns.flatMap(\.calls).compactMap(\.result).allSatisfy { !$0.contains("tok-") && $0.contains("••••") })
        #expect(turns.allSatisfy { !$0.delta.text().contains("tok-") })
        #expect(try await office.invocation(id).outcome == "It says ••••.")
    }

    @Test(arguments: ["tok-0123456789abcdef", "tok-0123__4567__89abcdef"])
    func `a secret in the name or the id of a tool call is in no row, no audit and no event`(
        secret: String
    ) async throws {
        let call: JSONValue = [
            "index": 0, "id": .string("id-\(secret)"),
            "function": ["name": .string("send_\(secret)"), "arguments": "{}"],
        ]
        let chunk: JSONValue = [
            "choices": [["index": 0, "delta": ["tool_calls": [call]], "finish_reason": "tool_calls"]]
        ]
        let vendor = try Vendor.serving(
            .steps(
                RawServer.respond(
                    headers: ["Content-Type": "text/event-stream"],
                    body: "data: \(chunk.text())\n\ndata: [DONE]\n\n")), .text("Done."))
        let office = try Office(vendor: vendor)
        office.secrets.redactor.learn(Secret(secret))
        let id = try await office.queue()
        let story = Story()
        #expect(try await office.attempt(try await office.worker(), story: story)?.state == .succeeded)
        let turns = try await office.ledger.invocations.turns(of: id)
        let calls = turns.flatMap(\.calls)
        #expect(calls.map(\.name) == ["send_••••"])
        #expect(calls.allSatisfy { $0.callID.hasPrefix("call_") && $0.result?.contains("••••") == true })
        var filter = AuditFilter()
        filter.limit = 1000
        let kept = turns.map { $0.delta.text() } + (try await office.ledger.audit.log(filter)).map { "\($0)" }
        let told = story.all.compactMap { if case .asked(let call) = $0 { "\(call)" } else { nil } }
        for text in kept + told + vendor.requests.map({ String(decoding: $0.body, as: UTF8.self) }) {
            #expect(!text.contains("tok-"), "\(text)")
        }
    }

    @Test func `a secret that nothing has used yet is known by its reference`() async throws {
        let vendor = try Vendor.serving(.text("Read."))
        // What an endpoint names, and no run ever asks for.
        let office = try Office(vendor: vendor)
        try await office.queue(data: ["title": "it is open sesame"])
        #expect(try await office.attempt(try await office.worker())?.state == .succeeded)
        let sent = try #require(vendor.requests.first)
        #expect(!String(decoding: sent.body, as: UTF8.self).contains("open sesame"))
    }
}
