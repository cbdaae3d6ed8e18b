import GRDB
import GuildDomain
import Testing

@testable import GuildLedger

/// A ledger with work in it, written by an earlier version, opened by this one.
@Suite struct MigrationTests {
    /// Every version of the schema that somebody may have a ledger of.
    private static let versions = ["2026-11-road", "2026-11-upkeep", "2026-11-audit-tree"]

    private func oldLedger(_ version: String, _ folder: TemporaryFolder) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        let queue = try DatabaseQueue(path: folder.location.path, configuration: configuration)
        try LedgerSchema.migrator().migrate(queue, upTo: version)
        try queue.write { db in
            try db.execute(sql: OldLedger.rows)
            for (number, kind) in OldLedger.auditKinds.enumerated() {
                try db.appendAudit(
                    AuditEntry(
                        at: OldLedger.begun + .seconds(number), actor: "executor", kind: kind, subject: "s\(number)",
                        root: OldLedger.root.description, body: ["n": .integer(number)]))
            }
        }
        try queue.close()
    }

    @Test(arguments: versions)
    func `a ledger with work in it keeps its books and its chain, and goes on`(version: String) async throws {
        let folder = try TemporaryFolder()
        try oldLedger(version, folder)
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        let now = OldLedger.begun + .seconds(10)
        let verification = try await ledger.sound(now: now)
        #expect(verification.entries == 5)
        #expect(verification.openReservations == 1)
        #expect(verification.estimatedTokens == 1100)
        let verdict = try await ledger.verifyAudit(AuditVerification(), now: now)
        #expect(verdict.problem == nil)
        #expect(verdict.entries == Int64(OldLedger.auditKinds.count))
        #expect(try await ledger.account("agent/ranger")?.used == 1230)
        #expect(try await ledger.account("agent/ranger")?.reserved == 600)
        // The rows of the roll-up by root are made from the books.
        #expect(try await ledger.count("SELECT sum(input + output) FROM root_usage") == 1230)
        #expect(try await ledger.turns(of: OldLedger.done).map(\.isAnswered) == [true, false])
        #expect(try await ledger.check(now: now).allSatisfy { $0.status == .ok })
        // What was under way is taken up again: nothing is lost and nothing is counted twice.
        let worker = try await ledger.worker(now)
        _ = try await ledger.recover(except: worker, now: now + .seconds(60))
        let claimed = try #require(try await ledger.claim(worker, now: now + .seconds(60)))
        #expect(claimed.id == OldLedger.running)
        #expect(try await ledger.account("agent/ranger")?.reserved == 0)
        #expect(try await ledger.account("agent/ranger")?.used == 1230)
        try await ledger.turn(of: claimed, worker, now: now + .seconds(60))
        try await ledger.finish(claimed, as: .succeeded, outcome: "", now: now + .seconds(60))
        _ = try await ledger.sound(now: now + .seconds(60))
    }

    @Test func `closed books of an old ledger hold too`() async throws {
        let folder = try TemporaryFolder()
        try oldLedger("2026-11-road", folder)
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        let now = OldLedger.begun + .seconds(100 * 86_400)
        let worker = try await ledger.worker(now)
        _ = try await ledger.recover(except: worker, now: now)
        let plan = RetentionPlan(rawMessages: .seconds(86_400), policy: "p")
        #expect(try await ledger.prune(plan, actor: "retention", now: now).callsClosed == 2)
        _ = try await ledger.sound(now: now)
        #expect(try await ledger.verifyAudit(AuditVerification(), now: now).problem == nil)
        #expect(try await ledger.account("agent/ranger")?.used == 1230)
    }
}
