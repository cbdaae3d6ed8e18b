import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// A model may stall, lie, refuse or talk nonsense; the run ends with a reason, and pays for no more than it must.
    struct BadModelTests {
        struct Fault: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let steps: [RawServer.Step]
            let status: Int32
            /// Whether another try can help.
            let isRetried: Bool
            let words: [String]

            init(
                _ name: String, _ steps: [RawServer.Step], status: Int32, isRetried: Bool = true, _ words: String...
            ) {
                (testDescription, self.steps, self.status) = (name, steps, status)
                (self.isRetried, self.words) = (isRetried, words)
            }
        }

        private static let head = RawServer.Step.send(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        private static let start = RawServer.Step.send(
            """
            event: message_start
            data: {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", \
            "content": [], "model": "claude-test", "stop_reason": null, "usage": {"input_tokens": 9, "output_tokens": 1}}}


            """)

        private static func refusal(_ status: Int, _ type: String, _ message: String) -> [RawServer.Step] {
            let body: JSONValue = ["type": "error", "error": ["type": .string(type), "message": .string(message)]]
            return RawServer.respond(
                status: status, headers: ["content-type": "application/json"], body: body.bytes())
        }

        static let faults: [Fault] = [
            Fault("never answers", [.stallForever], status: 6, "timed out", "modelIdleTimeout"),
            Fault("stalls in its answer", [head, start, .stallForever], status: 6, "timed out", "modelIdleTimeout"),
            Fault("cuts its answer short", [head, start, .close], status: 1, "ended before message_stop", "base_url"),
            Fault("resets the connection", [head, start, .reset], status: 1, "base_url"),
            Fault(
                "streams what is no JSON", [head, .send("data: {\"type\": \"content_bl<html>\n\n"), .close], status: 1,
                "is not JSON", "base_url"),
            Fault(
                "answers with a web page",
                RawServer.respond(headers: ["content-type": "text/html"], body: "<html>Welcome</html>"), status: 6,
                "Content-Type text/html", "begins '<html>Welcome</html>'", "· 0 tokens", "base_url"),
            Fault(
                "does not know the key",
                refusal(401, "authentication_error", "invalid x-api-key \(TemporaryCodex.modelKey)"), status: 1,
                isRetried: false, "refused the request (401)", "invalid x-api-key ••••", "api_key"),
            Fault(
                "does not know the model", refusal(404, "not_found_error", "model: claude-test"), status: 1,
                isRetried: false, "refused the request (404)", "model: claude-test", "LLMRegistry"),
            Fault(
                "is overloaded without end", refusal(529, "overloaded_error", "Overloaded"), status: 6,
                "status 529: overloaded_error: Overloaded", "the provider is overloaded: wait"),
        ]

        @Test(arguments: faults)
        func `ends the run with a reason`(fault: Fault) async throws {
            let model = try RawServer { _ in fault.steps }
            // Short only where it must end: on a busy machine an honest answer may take longer.
            let stalls = fault.words.contains("modelIdleTimeout")
            let guild = ClerkCodex.guild(defaults: stalls ? "modelIdleTimeout: 2s" : "")
            let codex = try await TemporaryCodex.clerk(model: model.url(""), changing: ["guild.yaml": guild])
            let run = try await codex.guild("run", "clerk", "hello")
            expectRefusal(run, fault.status, "guild: scripted: ", "hint: ")
            for word in fault.words { #expect(run.errors.contains(word), "no '\(word)' in: \(run.errors)") }
            #expect((model.requests.count > 1) == fault.isRetried)
            #expect(!run.errors.contains(TemporaryCodex.modelKey))
            // Nothing stays reserved, whatever happened.
            #expect(try await codex.json("budget", "report").value(at: ["total", "reserved"]) == 0)
            #expect(try await codex.isAuditValid())
        }

        @Test func `nobody listens where it should be`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let run = try await codex.guild("run", "clerk", "hello")
            expectRefusal(run, 6, "guild: scripted: 127.0.0.1: cannot connect", "hint: ", "base_url")
        }

        @Test func `its key is not set`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let run = try await codex.guild("run", "clerk", "hello", overriding: ["MODEL_KEY": nil])
            expectRefusal(run, 6, "env://MODEL_KEY", "not set", "hint: ", "set MODEL_KEY")
        }

        @Test func `an overload that passes costs one try`() async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript([["fault": "http", "status": 529], ["text": "Here I am."]])
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL)
            let run = try await codex.guild("run", "clerk", "hello")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output == "Here I am.\n")
            #expect(run.errors.contains("status 529"))
            #expect(try await standIn.requests().count == 2)
            #expect(try await codex.audit("invocation.retried").count == 1)
        }

        struct Call: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let name: String
            let input: JSONValue
            let words: [String]
        }

        private static let calls = [
            Call(
                testDescription: "a tool that is not there", name: "github__delete_repository",
                input: ["repository": "acme/shop"], words: ["there is no tool 'github.delete_repository' for you"]),
            Call(
                testDescription: "a tool that is misspelt", name: "github__create_issue_coment", input: [:],
                words: ["did you mean 'github.create_issue_comment'?"]),
            Call(
                testDescription: "arguments that break the schema", name: "github__create_issue_comment",
                input: ["repository": "acme/shop", "number": "seven"],
                words: ["wrong arguments", "'body' is missing", "/number: expected a whole number"]),
            Call(
                testDescription: "a file that is not there", name: "codex__read", input: ["path": "prompts/clark.md"],
                words: ["there is no file 'prompts/clark.md'", "did you mean 'prompts/clerk.md'?"]),
            Call(
                testDescription: "a file outside the codex", name: "codex__read", input: ["path": "../../etc/passwd"],
                words: ["there is no file '../../etc/passwd'"]),
        ]

        @Test(arguments: calls)
        func `a wrong call is answered with an error, and the model goes on`(call: Call) async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript([
                ["tools": [["name": .string(call.name), "input": call.input]]], ["text": "I see."],
            ])
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
            let run = try await codex.guild("run", "clerk", "hello")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.hasSuffix("I see.\n"))
            let messages = try #require(try await standIn.requests().last?.value(at: ["body", "messages"])?.array)
            let result = try #require(messages.last?.value(at: ["content", "0"]))
            #expect(result["type"] == "tool_result")
            #expect(result["is_error"] == true)
            for word in call.words {
                #expect(result["content"]?.text().contains(word) == true, "no '\(word)' in: \(result.text())")
            }
            #expect(try await standIn.effects() == [])
        }
    }
}
