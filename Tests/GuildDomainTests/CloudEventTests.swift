import GuildDomain
import Testing

/// CloudEvents 1.0.2 in JSON: data, extensions, and what is refused.
@Suite struct CloudEventTests {
    private func event(_ more: String) throws -> Event {
        let text = #"{"specversion": "1.0", "id": "1", "source": "/s", "type": "t""# + more + "}"
        return try Event(cloudEvent: JSONParser.parse(text), now: Timestamp(seconds: 1_700_000_000))
    }

    @Test func `base64 of JSON is its value`() throws {
        let event = try event(#", "datacontenttype": "application/json", "data_base64": "eyJhIjoxfQ==""#)
        #expect(try event.data() == ["a": 1])
        #expect(event.json(data: try event.data())["data"] == ["a": 1])
        #expect(try self.event(#", "data_base64": "eyJhIjoxfQ==""#).data() == ["a": 1])
        #expect(
            try self.event(#", "datacontenttype": "application/x+json; a=b", "data_base64": "eyJhIjoxfQ==""#).data()
                == ["a": 1])
    }

    @Test func `base64 of text is the text, and of other bytes stays base64`() throws {
        let text = try event(#", "datacontenttype": "text/plain", "data_base64": "w7xiZXI=""#)
        #expect(try text.data() == "über")
        let binary = try event(#", "datacontenttype": "image/png", "data_base64": "/9j/""#)
        let json = binary.json(data: try binary.data())
        #expect(json["data_base64"] == "/9j/")
        #expect(json["data"] == nil)
        #expect(json["datacontenttype"] == "image/png")
    }

    @Test func `extensions, dataschema and the content type are kept`() throws {
        let event = try event(
            #", "datacontenttype": "text/plain", "dataschema": "https://x/y", "tenant": "acme", "n": 7, "ok": true, "#
                + #""gone": null, "data": "x""#)
        let json = event.json(data: try event.data())
        #expect(json["datacontenttype"] == "text/plain")
        #expect(json["dataschema"] == "https://x/y")
        #expect([json["tenant"], json["n"], json["ok"], json["gone"]] == ["acme", 7, true, nil])
        #expect(EventAttributes(stored: event.attributes.stored) == event.attributes)
    }

    @Test(arguments: [
        (#", "data": 1, "data_base64": "MQ==""#, "'data' and 'data_base64' exclude each other"),
        (#", "data_base64": "MQ""#, "'data_base64' is not base64"),
        (#", "data_base64": 5"#, "'data_base64' is not base64"),
        (#", "data_base64": "M Q==""#, "'data_base64' is not base64"),
        (#", "data_base64": "ew==""#, "'data_base64' is not JSON at byte 1: expected a key in double quotes"),
        (#", "subject": "a\u0000b""#, "'subject' has a control character, U+0000"),
        (#", "subject": "a\u001b[2J""#, "'subject' has a control character, U+001B"),
        (#", "system": "git\u0085hub""#, "'system' has a control character, U+0085"),
        (#", "tenant": "a\nb""#, "'tenant' has a control character, U+000A"),
        (#", "subject": "\uffff""#, "'subject' has a control character, U+FFFF"),
        (#", "tenant": [1]"#, "'tenant' must be a string, a whole number or a boolean"),
        (#", "tenant": 1.5"#, "'tenant' is not a whole number of 32 bits"),
        (#", "tenant": 2147483648"#, "'tenant' is not a whole number of 32 bits"),
        (#", "tenant": """#, "'tenant' must be a string of 1 to 1024 bytes"),
        (#", "Tenant": "a""#, "'Tenant' is not an attribute name: 1 to 64 lower-case letters and digits"),
        (#", "data_schema": "a""#, "'data_schema' is not an attribute name: 1 to 64 lower-case letters and digits"),
        (#", "": "a""#, "'' is not an attribute name: 1 to 64 lower-case letters and digits"),
        (#", "id": "2""#, "'id' occurs twice"), (#", "data": 1, "data": 2"#, "'data' occurs twice"),
        (#", "datacontenttype": "json""#, "'datacontenttype' is not a media type such as application/json"),
        (#", "time": "2026-02-30T00:00:00Z""#, "'time' is not RFC 3339"),
        (#", "time": "2026-01-01""#, "'time' is not RFC 3339"),
        (#", "time": 5"#, "'time' must be a string of 1 to 1024 bytes"),
    ])
    func `what CloudEvents does not allow is refused with its place`(more: String, reason: String) {
        let problem = #expect(throws: InvalidEvent.self) { try event(more) }
        #expect(problem?.reason == reason)
    }

    @Test(arguments: ["1", "1.1", "0.3", ""])
    func `another version is refused`(version: String) throws {
        let text = #"{"specversion": "\#(version)", "id": "1", "source": "/s", "type": "t"}"#
        #expect(throws: InvalidEvent.self) {
            try Event(cloudEvent: JSONParser.parse(text), now: Timestamp(seconds: 1))
        }
        let number = #"{"specversion": 1.0, "id": "1", "source": "/s", "type": "t"}"#
        #expect(throws: InvalidEvent.self) {
            try Event(cloudEvent: JSONParser.parse(number), now: Timestamp(seconds: 1))
        }
    }

    @Test func `a combining mark behind a quote is text like any other`() throws {
        #expect(try event(#", "subject": "\"\u0301,x""#).subject == "\"\u{301},x")
    }
}
