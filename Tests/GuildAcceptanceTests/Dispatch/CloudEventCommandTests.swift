import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// CloudEvents handed to `guild dispatch`.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CloudEventCommandTests {
    private static let one = #"{"specversion": "1.0", "id": "1", "source": "/s", "type": "t""#

    private func dispatch(_ text: String, to codex: TemporaryCodex) async throws -> ChildProcess.Finished {
        let file = codex.repository + "/event.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return try await codex.guild("dispatch", file, "-o", "json")
    }

    @Test func `one id of two sources is two events, and each again is a duplicate`() async throws {
        let codex = try await TemporaryCodex.clerk()
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        let batch = ["/s", "/other"].map {
            #"{"specversion": "1.0", "id": "\#(id)", "source": "\#($0)", "type": "t", "data": {"a": 1}}"#
        }
        let text = "[\(batch.joined(separator: ", "))]"
        let first = try await dispatch(text, to: codex)
        #expect(first.status == 0, "\(first.errors)")
        let events = try #require(try JSONParser.parse(first.output).array)
        #expect(Set(events.compactMap { $0["event"]?.string }).count == 2)
        #expect(try await codex.audit("event.accepted").count == 2)
        #expect(try await dispatch(text, to: codex).status == 0)
        #expect(try await codex.audit("event.accepted").count == 2)
        #expect(try await codex.audit("event.duplicate").count == 2)
    }

    @Test func `an event that is known is waited for, and says what became of it`() async throws {
        let standIn = try await StandInProcess.start()
        let agent = ClerkCodex.agent().replacingOccurrences(
            of: "    - { pattern: \"github.*\", autonomy: 3 }\n", with: "")
        let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, changing: ["agents/clerk.yaml": agent])
        let file = codex.repository + "/event.json"
        let event =
            #"{"specversion": "1.0", "id": "1", "source": "/github/acme/shop", "type": "issues.opened", "data": {}}"#
        try Data(event.utf8).write(to: URL(fileURLWithPath: file))
        for isKnown in [false, true] {
            let sent = try await codex.guild("dispatch", file, "--wait")
            #expect(sent.status == 0, "\(sent.errors)")
            #expect(sent.output.contains("clerk  succeeded"), "\(sent.output)")
            #expect(!sent.output.contains("queued") && !sent.output.contains("active"), "\(sent.output)")
            #expect(sent.output.contains("(known already)") == isKnown)
            #expect(sent.errors.contains("is known already: nothing is started again") == isKnown)
        }
        let known = try await codex.json("dispatch", file)
        #expect(known.value(at: ["0", "decisions", "0", "run_state"]) == "succeeded")
    }

    @Test func `base64 is matched as the data that it holds`() async throws {
        let codex = try await TemporaryCodex.clerk()
        let event = Self.one + #", "datacontenttype": "application/json", "data_base64": "eyJhIjoxfQ=="}"#
        let sent = try await dispatch(event, to: codex)
        let id = try #require(try JSONParser.parse(sent.output).array?.first?["event"]?.string)
        let hex = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
        #expect(try await codex.audit("event.accepted").first?["body"]?["payload_sha256"]?.string == hex)
        #expect(try await codex.guild("audit", "show", id).status == 0)
    }

    @Test(arguments: [
        (#", "subject": "a\u0000b"}"#, "control character, U+0000"),
        (#", "data": 1, "data_base64": "MQ=="}"#, "exclude each other"),
        (#", "id": "2"}"#, "occurs twice"), (#", "Tenant": "x"}"#, "not an attribute name"),
    ])
    func `what is no CloudEvent is refused with its place, and nothing of its batch is taken`(
        ending: String, reason: String
    ) async throws {
        let codex = try await TemporaryCodex.clerk()
        let refused = try await dispatch("[\(Self.one)}, \(Self.one)\(ending)]", to: codex)
        #expect(refused.status == 2)
        #expect(
            refused.errors.contains("event.json: event 2: ") && refused.errors.contains(reason), "\(refused.errors)")
        #expect(try await codex.guild("audit", "log").output.contains("event.accepted") == false)
    }
}
