import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// What a ledger takes on disk after a day of load, in pages; the hours pass on a clock of the test's own.
@Suite(.timeLimit(.minutes(10))) struct GrowthTests {
    private static let eventsPerHour = 400

    private func load(_ ledger: Ledger, hour: Int, at now: Timestamp) async throws {
        var policy = AcceptancePolicy(actor: "tester")
        policy.queueLimit = .max
        try await withThrowingTaskGroup(of: Void.self) { [policy] group in
            for number in 0..<Self.eventsPerHour {
                group.addTask {
                    var policy = policy
                    policy.bodyDigest = ContentDigest.bytes(of: Array("\(hour) \(number)".utf8))
                    policy.dedupWindow = .seconds(7200)
                    let text = number == 0 ? Ledger.large("x") : "\"" + String(repeating: "x", count: 2000) + "\""
                    let event = Event.sample("\(hour) \(number)", payload: text)
                    _ = try await ledger.events.accept(event, policy: policy, now: now)
                }
            }
            try await group.waitForAll()
        }
        let messages = try await ledger.dispatch.inbound(limit: Self.eventsPerHour, now: now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in messages {
                group.addTask {
                    let decision = Decision(rule: "", agent: "", outcome: .unrouted, reasons: ["nobody wants it"])
                    _ = try await ledger.dispatch.record(message, [decision], commit: "c0ffee", now: now)
                }
            }
            try await group.waitForAll()
        }
    }

    /// The pages of the file that are not the chain's, which only ever grows.
    private func pages(_ ledger: Ledger) async throws -> (all: Int, others: Int) {
        try await ledger.read { db in
            let all = try db.value("PRAGMA page_count", as: Int.self) ?? 0
            let chain =
                try db.value(
                    "SELECT count(*) FROM dbstat WHERE name LIKE 'audit%' AND name <> 'audit_bodies'", as: Int.self)
                ?? 0
            return (all, all - chain)
        }
    }

    @Test func `after a day of load with retention only the chain has grown, and the log is bounded`() async throws {
        try await withLedger { ledger async throws in
            var plan = RetentionPlan(
                rawMessages: .seconds(3600), auditLogs: .seconds(3600), policy: "policies/privacy.yaml:3")
            plan.dedupWindow = .seconds(7200)
            var early = 0
            for hour in 0..<24 {
                let now = start + .seconds(hour * 3600)
                try await load(ledger, hour: hour, at: now)
                _ = try await ledger.upkeep.keepHouse(plan, actor: "retention", now: now)
                #expect(ledger.upkeep.logBytes <= UpkeepLedger.logLimitBytes)
                if hour == 4 { early = try await pages(ledger).others }
            }
            let (all, others) = try await pages(ledger)
            #expect(others <= early + early / 5, "\(early) pages after 5 hours, \(others) after 24")
            #expect(try await ledger.count("SELECT count(*) FROM events") <= 2 * Self.eventsPerHour)
            #expect(ledger.bodies.files().count == 1)
            // Without the chain's bodies, what an event leaves for ever is less than a page.
            #expect(all - others < 24 * Self.eventsPerHour / 2)
            #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
        }
    }

    @Test func `a log that readers let grow is emptied once they are gone`() async throws {
        try await withLedger { ledger async throws in
            try await load(ledger, hour: 0, at: start)
            let limit: Int64 = 100_000
            #expect(ledger.upkeep.logBytes > limit)
            #expect(try await !ledger.upkeep.checkpoint(above: ledger.upkeep.logBytes))
            try await ledger.read { db in
                // The read holds its snapshot while another transaction follows it.
                _ = try db.value("SELECT count(*) FROM events", as: Int.self)
            }
            #expect(try await ledger.upkeep.checkpoint(above: limit))
            #expect(ledger.upkeep.logBytes == 0)
            #expect(try await ledger.events.find(Event.sample("0 1").id) != nil)
        }
    }
}
