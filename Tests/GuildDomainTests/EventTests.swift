import GuildDomain
import Testing

@Suite struct EventTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func event(_ changes: [(String, JSONValue?)] = []) throws -> Event {
        var object: JSONObject = [
            "specversion": "1.0", "id": "d-1", "source": "/github/acme/shop", "type": "issues.opened",
        ]
        for (key, value) in changes { object[key] = value }
        return try Event(cloudEvent: .object(object), now: now)
    }

    @Test func `a minimal event is taken with its defaults`() throws {
        let event = try event()
        #expect(event.id == EventID(derivedFrom: ["cloudevent", "/github/acme/shop", "d-1"]))
        #expect(event.system == "github")
        #expect(event.time == now)
        #expect(event.priority == .normal)
        #expect(event.root == event.id)
        #expect(try event.data() == .null)
    }

    @Test func `the same event sent again has the same id, one of another source another`() throws {
        #expect(try event().id == event([("data", 5)]).id)
        #expect(try event().id != event([("source", "/github/acme/other")]).id)
        let ulid: JSONValue = "01HF7YAT31JZECM0TV5N6PFVXP"
        #expect(try event([("id", ulid)]).id == event([("id", ulid)]).id)
        #expect(try event([("id", ulid)]).id != event([("id", ulid), ("source", "/github/acme/other")]).id)
    }

    @Test func `every attribute is read`() throws {
        let event = try event([
            ("subject", "acme/shop#42"), ("time", "2026-11-22T09:30:00+01:00"), ("system", "gitlab"),
            ("guildevent", "ISSUE_OPENED"),
            ("priority", "p1"), ("chapter", "payments"), ("traceparent", "00-1-1-01"), ("data", ["n": 15]),
        ])
        #expect(event.subject == "acme/shop#42")
        #expect(event.time.rfc3339 == "2026-11-22T08:30:00Z")
        #expect(event.system == "gitlab")
        #expect(event.guildEvent == "ISSUE_OPENED")
        #expect(event.priority == .high)
        #expect(event.chapter == "payments")
        #expect(event.traceparent == "00-1-1-01")
        #expect(try event.data()["n"]?.integer == 15)
    }

    @Test func `causes, roots, hops and ownership are not taken from outside`() throws {
        let other = EventID(high: 1, low: 1).description
        let event = try event([
            ("causationid", .string(other)), ("rootid", .string(other)), ("hop", -9), ("guildown", true),
        ])
        #expect(event.cause == nil)
        #expect(event.root == event.id)
        #expect(event.hop == 0)
        #expect(!event.isOwn)
    }

    @Test(
        arguments: [
            ("specversion", "0.3", "'specversion' must be \"1.0\""), ("specversion", nil, "'specversion' is missing"),
            ("id", nil, "'id' is missing"), ("id", "", "'id' must be a string of 1 to 1024 bytes"),
            ("source", 5, "'source' must be a string of 1 to 1024 bytes"), ("type", .null, "'type' is missing"),
            ("type", .string(String(repeating: "x", count: 1025)), "'type' must be a string of 1 to 1024 bytes"),
            ("time", "yesterday", "'time' is not RFC 3339"),
            ("priority", "URGENT", "'priority' is not one of CRITICAL to BACKGROUND"),
            ("subject", ["x"], "'subject' must be a string of 1 to 1024 bytes"),
        ] as [(String, JSONValue?, String)]) func `what is not a CloudEvent is refused with the reason`(
            key: String, value: JSONValue?, reason: String
        )
    {
        let problem = #expect(throws: InvalidEvent.self) { try event([(key, value)]) }
        #expect(problem?.reason == reason)
    }

    @Test func `anything but a mapping is refused`() {
        #expect(throws: InvalidEvent.self) { try Event(cloudEvent: [1], now: now) }
    }

    @Test func `the JSON of an event is read again`() throws {
        let first = try event([("subject", "s"), ("data", ["a": 1]), ("priority", "LOW")])
        var again = try Event(cloudEvent: first.json(data: first.data()), now: Timestamp(seconds: 0))
        // An event is known by its sender's id, which is not ours.
        (again.id, again.root) = (first.id, first.root)
        #expect(again == first)
    }
}
