import Foundation
import GuildDomain
import GuildTestSupport
import Synchronization
import Testing

extension Road {
    /// `guild run` does not call done what is not.
    struct OpenActionTests {
        private static let script: JSONValue = [
            [
                "tools": [
                    [
                        "name": "github__create_issue_comment",
                        "input": ["repository": "acme/shop", "number": 1, "body": "hi"],
                    ]
                ]
            ], ["text": "Done."],
        ]

        /// A GitHub that takes a comment only once it was asked to wait.
        private static func hub(retryAfter: String) throws -> RawServer {
            let isFirst = Once()
            return try RawServer { request in
                guard request.method == "POST" else { return RawServer.respond(body: "[]") }
                return isFirst.take()
                    ? RawServer.respond(
                        status: 403, headers: ["Retry-After": retryAfter],
                        body: #"{"message":"You have exceeded a secondary rate limit."}"#)
                    : RawServer.respond(status: 201, body: #"{"id":9,"html_url":"u"}"#)
            }
        }

        private func run(
            _ github: String, changing files: [String: String?] = [:]
        ) async throws -> (TemporaryCodex, ChildProcess.Finished) {
            let model = try await StandInProcess.start()
            try await model.setScript(Self.script)
            var changes: [String: String?] = ["guild.yaml": ClerkCodex.guild(defaults: "actionWait: 1s")]
            changes.merge(files) { _, new in new }
            let codex = try await TemporaryCodex.clerk(model: model.baseURL, github: github, changing: changes)
            let finished = try await codex.guild("run", "clerk", "Comment.", "--on", "github:acme/shop")
            withExtendedLifetime(model) {}
            return (codex, finished)
        }

        @Test func `a write that is done soon after its invocation's end is waited for`() async throws {
            let hub = try Self.hub(retryAfter: "4")
            let (codex, run) = try await run(hub.url(""))
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("github.create_issue_comment on acme/shop#1: "), "\(run.errors)")
            #expect(run.errors.contains("secondary rate limit.; trying again at "), "\(run.errors)")
            #expect(hub.requests.filter { $0.method == "POST" }.count == 2)
            #expect(try await codex.json("dispatch", "queue")["actions"] == [])
        }

        @Test func `a write that has to wait for long is named, with what finishes it, and is no success`() async throws
        {
            let hub = try Self.hub(retryAfter: "3600")
            let (codex, run) = try await run(hub.url(""))
            #expect(run.status == 6, "\(run.errors)")
            let left = "github.create_issue_comment on acme/shop#1 is still open: "
            #expect(run.errors.contains(left), "\(run.errors)")
            #expect(run.errors.contains("guild serve --once action-executor"), "\(run.errors)")
            let queue = try await codex.json("dispatch", "queue")
            #expect(queue.value(at: ["actions", "0", "operation"]) == "github.create_issue_comment")
            #expect(queue.value(at: ["actions", "0", "state"]) == "queued")
            #expect(try await codex.guild("dispatch", "queue").output.contains("action queued"))
            #expect(hub.requests.filter { $0.method == "POST" }.count == 1)
        }

        private static let freeze = """
            apiVersion: guild/v1
            kind: SafetyPolicy
            metadata: { name: safety }
            spec:
              freezes:
                - { tools: ["github.*"], when: { days: [Mon, Tue, Wed, Thu, Fri, Sat, Sun] }, message: frozen }

            """

        @Test(arguments: [
            (["policies/safety.yaml": freeze], "frozen"),
            (["agents/clerk.yaml": ClerkCodex.agent(autonomy: 0)], "there is no tool 'github.create_issue_comment'"),
        ])
        func `a write that a policy refuses is exit 5`(files: [String: String], why: String) async throws {
            let (_, run) = try await run(TemporaryCodex.nowhere, changing: files.mapValues { $0 })
            #expect(run.status == 5, "\(run.errors)")
            #expect(
                run.errors.contains(
                    "github.create_issue_comment on acme/shop#1 was refused by the manifest or a policy: "),
                "\(run.errors)")
            #expect(run.errors.contains(why), "\(run.errors)")
        }
    }

    private final class Once: Sendable {
        private let isLeft = Mutex(true)

        func take() -> Bool {
            isLeft.withLock { isLeft in
                defer { isLeft = false }
                return isLeft
            }
        }
    }
}
