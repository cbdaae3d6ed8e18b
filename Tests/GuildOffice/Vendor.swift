package import GuildDomain
package import GuildTestSupport

/// A model on loopback in OpenAI's format: the n-th call gets the n-th answer, and further ones the last again.
package enum Vendor {
    package enum Answer: Sendable {
        case text(String, stop: String = "stop")
        case calls([(name: String, arguments: JSONValue)], saying: String = "", stop: String = "tool_calls")
        case status(Int, retryAfter: Int? = nil)
        case steps([RawServer.Step])
    }

    package static func serving(_ answers: Answer...) throws -> RawServer { try serving(answers) }

    package static func serving(_ answers: [Answer]) throws -> RawServer {
        let count = Counter()
        return try RawServer { _ in
            let index = min(count.next(), answers.count - 1)
            return steps(answers[index])
        }
    }

    /// What one call used, as the vendor reports it.
    package static let usage = TokenUsage(input: 100, output: 10)

    package static func steps(_ answer: Answer) -> [RawServer.Step] {
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
