import GuildDomain
import GuildTestSupport
import Synchronization

/// A model on loopback in OpenAI's format: the n-th call gets the n-th answer, and further ones the last again.
enum Vendor {
    enum Answer: Sendable {
        case text(String, stop: String = "stop")
        case calls([(name: String, arguments: JSONValue)], saying: String = "", stop: String = "tool_calls")
        case status(Int, retryAfter: Int? = nil)
        case steps([RawServer.Step])
    }

    static func serving(_ answers: Answer...) throws -> RawServer { try serving(answers) }

    static func serving(_ answers: [Answer]) throws -> RawServer {
        let count = Counter()
        return try RawServer { _ in
            let index = min(count.next(), answers.count - 1)
            return steps(answers[index])
        }
    }

    /// What one call used, as the vendor reports it.
    static let usage = TokenUsage(input: 100, output: 10)

    static func steps(_ answer: Answer) -> [RawServer.Step] {
        switch answer {
        case .text(let text, let stop):
            return stream([
                ["index": 0, "delta": ["content": .string(text)]],
                ["index": 0, "delta": [:], "finish_reason": .string(stop)],
            ])
        case .calls(let calls, let text, let stop):
            let wire = calls.enumerated().map { index, call -> JSONValue in
                [
                    "index": .integer(index), "id": .string("call_\(index)"),
                    "function": [
                        "name": .string(call.name.replacing(".", with: "__")),
                        "arguments": .string(call.arguments.text()),
                    ],
                ]
            }
            return stream([
                ["index": 0, "delta": ["content": .string(text), "tool_calls": .array(wire)]],
                ["index": 0, "delta": [:], "finish_reason": .string(stop)],
            ])
        case .status(let status, let seconds):
            var headers: Headers = ["Content-Type": "application/json"]
            if let seconds { headers["Retry-After"] = String(seconds) }
            return RawServer.respond(status: status, headers: headers, body: #"{"error":{"message":"not now"}}"#)
        case .steps(let steps): return steps
        }
    }

    private static func stream(_ choices: [JSONValue]) -> [RawServer.Step] {
        var events = choices.map { choice -> JSONValue in ["id": "c", "model": "small", "choices": [choice]] }
        events.append([
            "choices": [],
            "usage": [
                "prompt_tokens": .integer(usage.input), "completion_tokens": .integer(usage.output),
                "total_tokens": .integer(usage.total),
            ],
        ])
        let body = events.map { "data: \($0.text())\n\n" }.joined() + "data: [DONE]\n\n"
        return RawServer.respond(headers: ["Content-Type": "text/event-stream"], body: body)
    }
}

/// A GitHub on loopback with one issue, whose comments are counted.
enum Hub {
    static func serving(_ script: @escaping RawServer.Script = Hub.answer) throws -> RawServer { try RawServer(script) }

    static let answer: RawServer.Script = { request in
        switch (request.method, request.path) {
        case ("GET", "/repos/acme/shop/issues/42"):
            json(200, ["number": 42, "title": "It broke", "state": "open", "body": "on line 7"])
        case ("POST", "/repos/acme/shop/issues/42/comments"):
            json(201, ["id": 7, "html_url": "https://github.test/acme/shop/issues/42#7"])
        case ("POST", "/repos/acme/shop/issues/42/labels"): json(200, [["name": "bug"]])
        default: json(404, ["message": "Not Found"])
        }
    }

    static func json(_ status: Int, _ value: JSONValue, headers: Headers = Headers()) -> [RawServer.Step] {
        RawServer.respond(status: status, headers: headers, body: value.bytes())
    }

    static let issue: JSONValue = ["repository": "acme/shop", "number": 42]
    static let comment: JSONValue = ["repository": "acme/shop", "number": 42, "body": "Thank you."]
    static let labels: JSONValue = ["repository": "acme/shop", "number": 42, "labels": ["bug"]]
}

/// Numbers from 0, one for each call.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    @discardableResult
    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}

extension RawServer {
    /// The bodies of the requests so far.
    var bodies: [JSONValue] {
        get throws { try requests.map { try JSONParser.parse($0.body.isEmpty ? Array("null".utf8) : $0.body) } }
    }
}

/// Bytes that one closure leaves for another.
final class ByteBox: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func set(_ new: [UInt8]) { bytes.withLock { $0 = new } }
    func get() -> [UInt8] { bytes.withLock { $0 } }
}
