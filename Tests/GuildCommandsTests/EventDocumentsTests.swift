import GuildDomain
import Testing

@Suite struct EventDocumentsTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func event(_ id: String) -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/github/a/b","type":"push"}"#
    }

    private func parse(_ text: String) throws(Failure) -> [Event] {
        try EventDocuments.parse(Array(text.utf8), name: "in", now: now)
    }

    @Test func `one event, an array and JSON Lines are read alike`() throws {
        let ids = try parse("[\(event("1")), \(event("2"))]").map(\.id)
        #expect(ids.count == 2)
        #expect(try parse("\(event("1"))\n\n  \r\n\(event("2"))\n").map(\.id) == ids)
        #expect(try parse(" \(event("1")) ").map(\.id) == [ids[0]])
        #expect(try parse(event("1")).first?.system == "github")
    }

    @Test func `a message names the event or the line`() {
        #expect(throws: Failure.self) { try parse("") }
        #expect(throws: Failure.self) { try parse("[]") }
        #expect { try parse("[\(event("1")), {}]") } throws: { "\($0)".contains("in: event 2:") }
        #expect { try parse("\(event("1"))\n{\"specversion\":\n") } throws: { "\($0)".contains("in:2:") }
    }

    @Test func `more events than the limit are refused`() {
        let many = Array(repeating: event("1"), count: EventDocuments.maximumEvents + 1)
        #expect(throws: Failure.self) { try parse(many.joined(separator: "\n")) }
        #expect(throws: Failure.self) { try parse("[" + many.joined(separator: ",") + "]") }
    }
}
