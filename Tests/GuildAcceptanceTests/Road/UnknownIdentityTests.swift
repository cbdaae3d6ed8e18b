import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// The token of an App's installation: REST does not say whose it is, and the codex does not either.
    struct UnknownIdentityTests {
        private static let connector = ClerkCodex.connector(at: "ADDRESS").replacing(
            "    identity: guild-bot\n", with: "")

        private static func comment(_ number: Int, by login: String = "priya") -> WebhookDelivery {
            let person: JSONValue = ["login": .string(login), "type": "User", "id": 11]
            let payload: JSONValue = [
                "action": "created",
                "issue": ["id": 4, "number": 7, "title": "The till rings twice", "body": "It does.", "user": person],
                "comment": ["id": .integer(number), "body": .string("comment \(number)"), "user": person],
                "repository": ["full_name": "acme/shop"], "sender": person,
            ]
            var delivery = WebhookDelivery(body: payload.bytes())
            delivery.event = "issue_comment"
            return delivery
        }

        private func codex(_ github: StandInProcess) async throws -> TemporaryCodex {
            try await TemporaryCodex.clerk(
                model: github.baseURL, github: github.baseURL,
                changing: [
                    "connectors/github.yaml": Self.connector.replacing("ADDRESS", with: github.baseURL),
                    "agents/clerk.yaml": ClerkCodex.agent().replacing(
                        "[issues.opened]", with: "[issue_comment.created]"),
                ])
        }

        @Test func `GraphQL tells who we are, and an agent does not answer itself`() async throws {
            let github = try await StandInProcess.start()
            try await github.setScript([["path": "/user", "fault": "http", "status": 403, "times": 0]])
            let codex = try await codex(github)
            let served = try await codex.serve()
            let first = try await served.deliver(Self.comment(1))
            let event = try #require(first.json?["id"]?.string)
            let trace = try await codex.settledTrace(of: event)
            #expect(trace.value(at: ["invocations", "0", "state"]) == "succeeded")
            #expect(try await github.requests().contains { $0["path"] == "/graphql" })
            let made = try #require(try await github.effects().first)
            let bot: JSONValue = ["login": "guild-bot", "type": "User", "id": 1000]
            let echo: JSONValue = [
                "action": "created", "repository": ["full_name": "acme/shop"], "sender": bot,
                "issue": ["id": 4, "number": 7, "user": bot],
                "comment": ["id": made["id"] ?? .null, "body": made["body"] ?? .null, "user": bot],
            ]
            var delivery = WebhookDelivery(body: echo.bytes())
            delivery.event = "issue_comment"
            let id = try #require(try await served.deliver(delivery).json?["id"]?.string)
            let own = try await codex.settledTrace(of: id)
            #expect(own.text().contains("own event"))
            #expect(try await github.effects().count == 1)
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `while nobody tells, comments are held, and decided once the codex says who we are`() async throws {
            let github = try await StandInProcess.start()
            try await github.setScript([
                ["path": "/user", "fault": "http", "status": 403, "times": 0],
                ["path": "/graphql", "fault": "http", "status": 403, "times": 0],
            ])
            let codex = try await codex(github)
            let served = try await codex.serve()
            _ = try await served.child.errorLine(containing: "cannot determine our identity on GitHub")
            let event = try #require(try await served.deliver(Self.comment(1)).json?["id"]?.string)
            _ = try await served.child.errorLine(containing: "event held until our identity is known")
            let ready = try await served.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.json?.value(at: ["held", "0", "events"]) == 1)
            #expect(ready.json?.value(at: ["held", "0", "reason"])?.string?.contains("connection.identity") == true)
            let status = try await codex.json("status")
            #expect(status.value(at: ["held", "0", "detail"])?.string?.contains("403") == true)
            let queue = try await codex.json("dispatch", "queue")
            #expect(queue.value(at: ["held", "0", "id"])?.string == event)

            try codex.write(["connectors/github.yaml": ClerkCodex.connector(at: github.baseURL)])
            try await codex.commit()
            let trace = try await codex.settledTrace(of: event)
            #expect(trace.value(at: ["invocations", "0", "state"]) == "succeeded")
            #expect(try await codex.json("status")["held"] == [])
            #expect(try await served.stop() == .exited(0))
            #expect(try await codex.isAuditValid())
        }
    }
}
