import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct RequestDigestTests {
    /// A request as one run makes it, with that run's own values wherever they may stand.
    private func request(now: String, event: String, invocation: String, commit: String) -> ModelRequest {
        let data: JSONValue = ["id": .string(event), "at": .string(now)]
        let input = JSONValue.object(JSONObject([(invocation, JSONValue.array([.string(event), 5]))]))
        return ModelRequest(
            model: "m", system: "It is \(now); commit \(commit).",
            messages: [
                ModelMessage(role: .user, content: [.text("Event \(event): \(data.text())")]),
                ModelMessage(
                    role: .assistant,
                    content: [
                        .toolUse(
                            id: "t", name: "a.b", input: input),
                        .reasoning(["type": "thinking", "thinking": .string(now)]),
                    ]),
                ModelMessage(
                    role: .user,
                    content: [
                        .toolResult(
                            id: "t", content: JSONValue.object(["inner": .string(data.text())]).text(), isError: false)
                    ]),
            ],
            tools: [ModelTool(name: "a.b", summary: "since \(now)", schema: ["type": "object"])])
    }

    private func key(_ now: String, _ event: String, _ invocation: String, _ commit: String) -> String {
        RequestDigest.key(
            of: request(now: now, event: event, invocation: invocation, commit: commit),
            volatile: [("now", now), ("event.id", event), ("invocation.id", invocation), ("commit", commit)])
    }

    @Test func `two runs that differ only in volatile values have one key`() {
        let first = key(
            "2026-11-22T08:30:00Z", "01KA0000000000000000000001", "01KA0000000000000000000002", "c0ffee0123")
        let second = key(
            "2027-01-01T00:00:00.5Z", "01KB00000000000000000000ZZ", "01KB00000000000000000000YY", "deadbeef99")
        #expect(first == second)
        #expect(first.count == 32)
        #expect(first.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    }

    @Test func `a value that is not named changes the key`() {
        let base = ModelRequest.hello
        var others = Array(repeating: base, count: 5)
        others[0].model = "other"
        others[1].system = "Be long."
        others[2].messages[0].content = [.text("Hullo")]
        others[3].tools = [ModelTool(name: "a", summary: "", schema: [:])]
        others[4].maxOutputTokens = 5
        let keys = ([base] + others).map { RequestDigest.key(of: $0, volatile: []) }
        #expect(Set(keys).count == 6)
    }

    @Test func `the order of a mapping's keys does not count`() {
        var (one, two) = (ModelRequest.hello, ModelRequest.hello)
        one.tools = [ModelTool(name: "a", summary: "", schema: ["x": 1, "y": 2])]
        two.tools = [ModelTool(name: "a", summary: "", schema: ["y": 2, "x": 1])]
        #expect(RequestDigest.key(of: one, volatile: []) == RequestDigest.key(of: two, volatile: []))
    }

    @Test func `the longest value wins, and what was put in is not read again`() {
        let names = VolatileNames([("day", "2026-11-22"), ("now", "2026-11-22T08:30:00Z"), ("odd", "<day>-")])
        #expect(names.replacing(in: "on 2026-11-22 at 2026-11-22T08:30:00Z") == "on <day> at <now>")
        #expect(names.replacing(in: "2026-11-22-") == "<day>-")
    }

    @Test func `a value is found escaped, twice too`() {
        let names = VolatileNames([("path", "/tmp/\"a\"/ß")])
        let inner = JSONValue.object(["p": "/tmp/\"a\"/ß"]).text()
        let outer = JSONValue.object(["q": .string(inner)]).text()
        #expect(names.replacing(in: inner) == #"{"p":"<path>"}"#)
        #expect(names.replacing(in: outer) == #"{"q":"{\"p\":\"<path>\"}"}"#)
        #expect(VolatileNames([("url", "https://x/y")]).replacing(in: #""https:\/\/x\/y""#) == #""<url>""#)
    }

    @Test func `values too short to be sure of are left alone`() {
        #expect(VolatileNames([("n", "7"), ("empty", "")]).replacing(in: "7 of 77") == "7 of 77")
    }
}
