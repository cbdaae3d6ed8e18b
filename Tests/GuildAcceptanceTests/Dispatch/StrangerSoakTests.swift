import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// Strangers who open issues as fast as they can: `make soak`.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["GUILD_SOAK"] == "1"), .timeLimit(.minutes(10)))
struct StrangerSoakTests {
    private static let issues = 150
    /// Looks at what runs; each takes a process.
    private static let looks = 2000

    /// - Parameter sender: the id of the account that opened it.
    private func issue(_ number: Int, by sender: Int) -> WebhookDelivery {
        let person: JSONValue = ["login": .string("stranger-\(sender)"), "type": "User", "id": .integer(sender)]
        let payload: JSONValue = [
            "action": "opened",
            "issue": [
                "number": .integer(number), "title": "Buy now", "body": "It is cheap.", "user": person,
                "author_association": "NONE",
            ],
            "repository": ["full_name": "acme/shop"], "sender": person,
        ]
        return WebhookDelivery(body: payload.bytes())
    }

    @Test(arguments: [(1, 30), (75, 60), (150, 60)])
    func `a flood of issues sets no more going than its limits, and waits`(strangers: Int, most: Int) async throws {
        let standIn = try await StandInProcess.start()
        let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
        let served = try await codex.serve()
        for number in 1...Self.issues {
            #expect(try await served.deliver(issue(number, by: 1000 + number % strangers)).status == 202)
        }
        var (status, looks) = (try await codex.json("status"), 0)
        func isQuiet() -> Bool {
            let states = status["queues"]?["invocations"]
            return status["queues"]?["inbound"] == 0
                && ["queued", "awakening", "active", "waiting", "cooling"].allSatisfy { states?[$0]?.integer ?? 0 == 0 }
        }
        while !isQuiet(), looks < Self.looks {
            looks += 1
            status = try await codex.json("status")
        }
        #expect(isQuiet(), "\(status)")
        let runs = status["queues"]?["invocations"]?.object?.members.compactMap(\.value.integer).reduce(0, +) ?? 0
        // One more may come to its turn for each two minutes that this takes.
        #expect((Int64(most)...Int64(most) + 5).contains(runs), "\(runs) runs")
        #expect(status["dispatch"]?["rate_limited_by_sender"]?.integer == Int64(Self.issues) - runs)
        #expect(try await served.stop() == .exited(0))
        #expect(try await codex.isAuditValid())
    }
}
