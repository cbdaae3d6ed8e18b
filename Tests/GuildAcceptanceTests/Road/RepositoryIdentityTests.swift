import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// A repository that was made again under the event's name is not the event's: nothing is written to it, by
    /// whichever road the event came.
    struct RepositoryIdentityTests {
        private static let repositoryID: Int64 = 987_654_321

        private static let issue: JSONValue = [
            "action": "opened",
            "issue": [
                "number": 1, "title": "T", "body": "B", "user": ["login": "priya", "id": 11],
                "author_association": "MEMBER",
            ],
            "repository": ["id": .integer(repositoryID), "full_name": "acme/shop"],
            "sender": ["login": "priya", "type": "User", "id": 11],
        ]

        /// A GitHub on which the name is the repository with this id.
        private static func hub(id: Int64) throws -> RawServer {
            try RawServer { request in
                switch (request.method, request.path) {
                case ("GET", "/repos/acme/shop"):
                    RawServer.respond(body: #"{"id":\#(id),"full_name":"acme/shop"}"#)
                case ("POST", _): RawServer.respond(status: 201, body: #"{"id":9,"html_url":"u"}"#)
                default: RawServer.respond(status: 404, body: "{}")
                }
            }
        }

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

        private func codex(_ hub: RawServer, autonomy: Int = 3) async throws -> (TemporaryCodex, StandInProcess) {
            let model = try await StandInProcess.start()
            try await model.setScript(Self.script)
            let codex = try await TemporaryCodex.clerk(
                model: model.baseURL, github: hub.url(""),
                changing: ["agents/clerk.yaml": ClerkCodex.agent(autonomy: autonomy)])
            return (codex, model)
        }

        private func expectRefused(_ hub: RawServer, _ codex: TemporaryCodex, _ event: String) async throws {
            let trace = try await codex.settledTrace(of: event)
            let action = trace.value(at: ["invocations", "0", "actions", "0"])
            #expect(action?["state"] == "failed")
            #expect(action?["error"]?.string?.contains("another repository now (id 1)") == true, "\(trace.text())")
            // Beside who we are only this was asked, and nothing was written.
            let asked = hub.requests.map { "\($0.method) \($0.path)" }.filter {
                !["GET /user", "POST /graphql"].contains($0)
            }
            #expect(asked == ["GET /repos/acme/shop"])
        }

        @Test func `a delivery that is served`() async throws {
            let hub = try Self.hub(id: 1)
            let (codex, model) = try await codex(hub)
            let served = try await codex.serve()
            let taken = try await served.deliver(WebhookDelivery(body: Self.issue.bytes()))
            #expect(taken.status == 202, "\(taken.text)")
            try await expectRefused(hub, codex, try #require(taken.json?["id"]?.string))
            #expect(try await served.stop() == .exited(0))
            withExtendedLifetime(model) {}
        }

        @Test func `a delivery whose write a person has approved`() async throws {
            let hub = try Self.hub(id: 1)
            let (codex, model) = try await codex(hub, autonomy: 1)
            let served = try await codex.serve()
            let taken = try await served.deliver(WebhookDelivery(body: Self.issue.bytes()))
            var waiting: [JSONValue] = []
            while waiting.isEmpty {
                try Task.checkCancellation()
                waiting = try await codex.json("audit", "approvals").array ?? []
            }
            let action = try #require(waiting.first?["id"]?.string)
            #expect(try await codex.guild("audit", "approve", action).status == 0)
            try await expectRefused(hub, codex, try #require(taken.json?["id"]?.string))
            #expect(try await served.stop() == .exited(0))
            withExtendedLifetime(model) {}
        }

        private func run(_ codex: TemporaryCodex) async throws -> ChildProcess.Finished {
            let event: JSONValue = [
                "specversion": "1.0", "id": "e1", "source": "/github/acme/shop", "type": "issues.opened",
                "subject": "acme/shop#1", "system": "github", "data": Self.issue,
            ]
            let file = codex.folder + "/event.json"
            try Data(event.bytes()).write(to: URL(fileURLWithPath: file))
            return try await codex.guild("run", "clerk", "--event", file)
        }

        @Test func `an event that is run by hand`() async throws {
            let hub = try Self.hub(id: 1)
            let (codex, model) = try await codex(hub)
            let run = try await run(codex)
            #expect(run.status == 1, "\(run.errors)")
            #expect(run.errors.contains("another repository now (id 1)"), "\(run.errors)")
            #expect(hub.requests.map(\.method) == ["GET"])
            withExtendedLifetime(model) {}
        }

        @Test func `the event's own repository is asked for, and written to`() async throws {
            let hub = try Self.hub(id: Self.repositoryID)
            let (codex, model) = try await codex(hub)
            let run = try await run(codex)
            #expect(run.status == 0, "\(run.errors)")
            #expect(hub.requests.map(\.method) == ["GET", "POST"])
            withExtendedLifetime(model) {}
        }
    }
}
