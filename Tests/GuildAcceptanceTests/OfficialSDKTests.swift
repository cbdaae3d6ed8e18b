import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// What the vendors' own SDKs make of the stand-in: the proof that it speaks their formats.
@Suite(.enabled("the official Python SDKs can be installed") { await OfficialSDK.python() != nil })
struct OfficialSDKTests {
    private static let script: JSONValue = [
        ["model": "claude-overloaded", "fault": "http", "status": 529, "retryAfter": 1],
        ["model": "claude-broken", "fault": "truncate", "afterEvents": 3],
        ["model": "gpt-limited", "fault": "http", "status": 429, "retryAfter": 2],
    ]

    private static let comment: JSONValue = [
        "repository": "acme/till", "number": 7, "body": "Thank you for the report; it has been triaged.",
    ]

    private func answer(of script: String) async throws -> JSONValue {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("guild-script-\(UUID()).json").path
        try Data(Self.script.bytes()).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        let standIn = try await StandInProcess.start(["--script", path])
        let answer = try await OfficialSDK.run(script, against: standIn.baseURL)
        standIn.child.signal(SIGTERM)
        #expect(try await standIn.child.wait() == .exited(0))
        return answer
    }

    @Test func `Anthropic's SDK understands answers, streams, tools and errors`() async throws {
        let answer = try await answer(of: "anthropic_sdk.py")
        #expect(
            answer["plain"] == [
                "text": "Noted: hello", "stop": "end_turn", "model": "claude-test", "input": 9, "output": 3,
            ])
        let stream = try #require(answer["stream"])
        #expect(stream["text"] == "I will comment on acme/till#7.")
        #expect(try #require(stream["pieces"]?.integer) > 1)
        #expect(stream["stop"] == "tool_use")
        #expect(stream["tool"] == "github__create_issue_comment")
        #expect(stream["arguments"] == Self.comment)
        #expect(stream["input"] == answer["counted"])
        #expect(stream["output"] == 39)
        #expect(answer["second"] == ["text": "Done with acme/till#7.", "stop": "end_turn"])
        #expect(answer["short"] == ["stop": "max_tokens", "output": 1])
        #expect(answer["refused"]?["type"] == "invalid_request_error")
        #expect(answer["refused"]?["message"]?.string?.contains("`tool_result` blocks immediately after") == true)
        #expect(answer["overloaded"] == ["status": 529, "type": "overloaded_error", "retryAfter": "1"])
        #expect(answer["broken"]?.string != nil)
    }

    @Test func `OpenAI's SDK understands answers, streams, tools and errors`() async throws {
        let answer = try await answer(of: "openai_sdk.py")
        #expect(
            answer["plain"] == [
                "text": "Noted: hello", "stop": "stop", "model": "gpt-test", "input": 9, "output": 3, "total": 12,
                "reasoning": 0,
            ])
        let stream = try #require(answer["stream"])
        #expect(stream["text"] == "I will comment on acme/till#7.")
        #expect(stream["stop"] == "tool_calls")
        #expect(stream["tool"] == "github__create_issue_comment")
        #expect(stream["arguments"] == Self.comment)
        #expect(stream["output"] == 39)
        #expect(answer["second"] == ["text": "Done with acme/till#7.", "stop": "stop"])
        #expect(answer["refused"]?["message"]?.string?.contains("must be followed by tool messages") == true)
        #expect(answer["limited"] == ["status": 429, "retryAfter": "2"])
    }
}
