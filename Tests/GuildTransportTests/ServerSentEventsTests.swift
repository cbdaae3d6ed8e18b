import Testing

@testable import GuildTransport

struct ServerSentEventsTests {
    private func parse(_ text: String, pieceBytes: Int = .max) throws -> [ServerSentEvent] {
        var parser = ServerSentEvents()
        var (events, rest): ([ServerSentEvent], ArraySlice<UInt8>) = ([], Array(text.utf8)[...])
        while !rest.isEmpty {
            events += try parser.push(Array(rest.prefix(pieceBytes)))
            rest = rest.dropFirst(pieceBytes)
        }
        return events
    }

    @Test(arguments: [1, 2, 3, 7, .max], ["\n", "\r", "\r\n"])
    func `pieces and line ends do not matter`(pieceBytes: Int, lineEnd: String) throws {
        let lines = [
            "\u{FEFF}: comment", "event: add", "data: 73857293", "", "event", "data: YHOO", "data:+2", "data:  10", "",
            "",
            "data", "", "id: é🦊", "unknown: x", "data: last", "", "data: not ended",
        ]
        let events = try parse(lines.joined(separator: lineEnd), pieceBytes: pieceBytes)
        #expect(
            events == [
                ServerSentEvent(event: "add", data: "73857293"), ServerSentEvent(data: "YHOO\n+2\n 10"),
                ServerSentEvent(data: ""), ServerSentEvent(data: "last", id: "é🦊"),
            ])
    }

    @Test func `an event name without data makes no event and is forgotten`() throws {
        #expect(try parse("event: a\n\ndata: b\n\n") == [ServerSentEvent(data: "b")])
    }

    @Test func `an id stays until another, an empty one resets it, one with NUL is ignored`() throws {
        let events = try parse("id: 1\ndata\n\nid: a\0b\ndata\n\nid\ndata\n\n")
        #expect(events.map(\.id) == ["1", "1", ""])
    }

    @Test func `a retry of digits alone sets the reconnection delay`() throws {
        var parser = ServerSentEvents()
        _ = try parser.push(Array("retry: 2500\nretry: 3s\nretry:\nretry: 99999999999999999999999\n".utf8))
        #expect(parser.reconnectionDelay == .milliseconds(2500))
    }

    @Test func `a byte order mark counts at the start alone`() throws {
        #expect(try parse("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n") == [ServerSentEvent(data: "a")])
    }

    @Test func `what is not UTF-8 is replaced`() throws {
        var parser = ServerSentEvents()
        let events = try parser.push(Array("data: a".utf8) + [0xFF] + Array("b\n\n".utf8))
        #expect(events == [ServerSentEvent(data: "a\u{FFFD}b")])
    }

    @Test(arguments: [String(repeating: "x", count: 11), "data:12345\ndata:67890\n\n"])
    func `a line or an event beyond the limit is an error`(text: String) {
        var parser = ServerSentEvents(limitBytes: 10)
        #expect(throws: OversizedServerSentEvent(limitBytes: 10)) { try parser.push(Array(text.utf8)) }
    }
}
