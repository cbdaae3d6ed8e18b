import GuildDomain
import Testing

@testable import GuildLedger

/// The books and the chain of a large ledger from before the schema had a version.
@Suite(.timeLimit(.minutes(10))) struct MigratedBooksTests {
    private static let invocations = 100
    private static let calls = 50_000
    private static let auditEntries = 100_000
    private static let now = OldLedger.begun + .seconds(30 * 86_400)

    @Test func `100,000 entries and as many of the audit verify with the same result before and after`() async throws {
        let (folder, oldFolder) = (try TemporaryFolder(), try TemporaryFolder())
        let before = try Ledger(at: folder.location)
        defer { before.close() }
        try fillBooks(of: folder)
        try await fillAudit(of: before)
        let old = try OldLedger.make(oldFolder)
        try old.script("PRAGMA foreign_keys = OFF")
        try old.takeRows(from: folder)
        #expect(try old.tables().contains("grdb_migrations"))

        let after = try Ledger(at: oldFolder.location)
        defer { after.close() }
        let books = try await before.sound(now: Self.now)
        #expect(books.entries == Int64(2 * Self.calls))
        #expect(books.estimatedTokens > 0)
        #expect(try await after.budgets.verify(now: Self.now) == books)
        let chain = try await before.audit.verify(AuditVerification(), now: Self.now)
        #expect(chain.problem == nil)
        #expect(chain.entries == Int64(Self.auditEntries))
        #expect(try await after.audit.verify(AuditVerification(), now: Self.now) == chain)
        #expect(try await after.audit.ledgerID() == before.audit.ledgerID())
        for sums in Self.sums {
            let text = "SELECT \(sums.columns.map { "sum(\($0))" }.joined(separator: ", ")) FROM \(sums.table)"
            let found = try await (before.integers(text), after.integers(text))
            #expect(found.0 == found.1, "\(sums.table)")
            #expect(found.0.allSatisfy { $0 > 0 }, "\(sums.table)")
        }
        #expect(try await after.upkeep.check(now: Self.now).allSatisfy { $0.status == .ok })
    }

    private static let sums = [
        (table: "accounts", columns: ["id", "used", "used_cost"]),
        (
            table: "entries",
            columns: ["id", "at / 1000000", "-available", "input", "output", "spent_cost", "estimated"]
        ),
        (table: "usage_rollups", columns: ["calls", "input", "output", "cost", "estimated"]),
        (table: "root_usage", columns: ["calls", "input", "output", "cost", "estimated"]),
        (table: "root_totals", columns: ["calls", "tokens", "cost"]),
        (table: "turns", columns: ["n", "input", "output", "cost"]),
    ]

    /// Calls of a second each, all of one agent: of each the reservation, its turn, two entries, and what they add up to.
    private func fillBooks(of folder: TemporaryFolder) throws {
        let raw = try folder.rawConnection(droppingTriggers: false)
        try raw.script("BEGIN IMMEDIATE")
        try raw.transaction.run("INSERT INTO accounts (id, name) VALUES (\(Self.invocations + 1), 'agent/ranger')")
        for number in 1...Self.invocations {
            let id = InvocationID(high: 0, low: UInt64(number))
            let at = OldLedger.begun + .seconds(number)
            try raw.transaction.run(
                """
                INSERT INTO events (seq, id, received_at, time, source, type, system, priority, root, hop, own, body)
                VALUES (?, ?, ?, ?, '/cli/tester', 'test.made', 'cli', 2, ?, 0, 0, x'7B7D')
                """, [number, id, at, at, id])
            try raw.transaction.run(
                """
                INSERT INTO invocations (seq, id, agent, chapter, commit_id, event, root, priority, state, attempt,
                    created_at, available_at, ended_at, outcome)
                VALUES (?, ?, 'ranger', 'sea', 'c0ffee', ?, ?, 2, 'succeeded', 1, ?, ?, ?, 'done')
                """, [number, id, id, id, at, at, Self.now])
            try raw.transaction.run("INSERT INTO accounts (id, name) VALUES (?, ?)", [number, "invocation/\(id)"])
        }
        try raw.script(Self.calls(Self.calls))
        try raw.script("COMMIT")
    }

    /// Of each hundredth call nobody learned the usage.
    private static func calls(_ count: Int) -> String {
        """
        CREATE TEMP TABLE calls AS
            WITH RECURSIVE numbers (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM numbers WHERE k < \(count))
            SELECT k, 1 + k % \(invocations) AS caller, CAST(printf('R%015d', k) AS BLOB) AS id,
                \(OldLedger.begun.microseconds) + k * 1000000 AS at, k % 100 = 0 AS estimated,
                CASE WHEN k % 100 = 0 THEN 100 ELSE 90 END AS input,
                CASE WHEN k % 100 = 0 THEN 1000 ELSE k % 50 END AS output
            FROM numbers;
        INSERT INTO reservations (id, invocation, n, attempt, owner, state, input, output, cost, made_at, ended_at, account,
                accounts, model)
            SELECT c.id, i.id, c.k, 1, zeroblob(16), 'settled', 100, 1000, 2100, c.at, c.at + 500000,
                \(invocations + 1), printf('[%d,\(invocations + 1)]', c.caller), 'stand-in/small'
            FROM calls c JOIN invocations i ON i.seq = c.caller;
        INSERT INTO turns (invocation, n, attempt, state, provider, model, request_digest, reservation, begun_at, ended_at,
                delta, input, output, cost)
            SELECT i.id, c.k, 1, CASE WHEN c.estimated THEN 'lost' ELSE 'answered' END, 'stand-in', 'stand-in/small', 'd',
                c.id, c.at, c.at + 500000, x'5B5D', c.input, c.output, c.input + 2 * c.output
            FROM calls c JOIN invocations i ON i.seq = c.caller;
        INSERT INTO entries (id, at, kind, reservation, account, estimated, overrun, overrun_cost, available, held,
                available_cost, held_cost)
            SELECT 2 * k - 1, at, 'reserve', id, \(invocations + 1), 0, 0, 0, -1100, 1100, -2100, 2100 FROM calls;
        INSERT INTO entries (id, at, kind, reservation, account, estimated, overrun, overrun_cost, available, held, input,
                output, available_cost, held_cost, spent_cost)
            SELECT 2 * k, at + 500000, 'settle', id, \(invocations + 1), estimated, 0, 0, 1100 - input - output, -1100,
                input, output, 2100 - input - 2 * output, -2100, input + 2 * output
            FROM calls;
        UPDATE accounts SET
            used = (SELECT sum(input + output) FROM calls WHERE accounts.id IN (caller, \(invocations + 1))),
            used_cost = (SELECT sum(input + 2 * output) FROM calls WHERE accounts.id IN (caller, \(invocations + 1)));
        INSERT INTO usage_rollups
            SELECT (at + 500000) / 3600000000, 'ranger', 'sea', 'stand-in/small', count(*), sum(input), 0, 0, sum(output), 0,
                sum(input + 2 * output), sum(CASE WHEN estimated THEN input + output ELSE 0 END)
            FROM calls GROUP BY 1;
        INSERT INTO root_usage
            SELECT (c.at + 500000) / 3600000000, i.root, count(*), sum(c.input), 0, 0, sum(c.output), 0,
                sum(c.input + 2 * c.output), sum(CASE WHEN c.estimated THEN c.input + c.output ELSE 0 END)
            FROM calls c JOIN invocations i ON i.seq = c.caller GROUP BY 1, 2;
        INSERT INTO root_totals
            SELECT i.root, count(*), sum(c.input + c.output), sum(c.input + 2 * c.output), max(c.at) + 500000
            FROM calls c JOIN invocations i ON i.seq = c.caller GROUP BY 1;
        """
    }

    private func fillAudit(of ledger: Ledger) async throws {
        for first in stride(from: 1, through: Self.auditEntries, by: 10_000) {
            try await ledger.audit.append(
                (first..<first + 10_000).map { number in
                    AuditEntry(
                        at: OldLedger.begun + .seconds(number), actor: "executor", kind: .toolCalled,
                        subject: "invocation \(number)", commit: "c0ffee", cause: "event \(number / 10)",
                        body: ["n": .integer(number)])
                })
        }
    }
}

extension Ledger {
    /// The first row of what `sql` gives.
    fileprivate func integers(_ sql: String) async throws -> [Int64] {
        try await scan { db in
            try db.first(sql) { row in try (0..<row.source.columnCount).map { try row[$0] } } ?? []
        }
    }
}

extension SQLiteConnection {
    /// Takes every row of the ledger in the other folder instead of its own.
    fileprivate func takeRows(from folder: TemporaryFolder) throws {
        try transaction.run("ATTACH ? AS other", [folder.location.path])
        for table in try tables() where table != "grdb_migrations" {
            let columns = try columns(of: table).joined(separator: ", ")
            try script(
                """
                DELETE FROM main.\(table);
                INSERT INTO main.\(table) (\(columns)) SELECT \(columns) FROM other.\(table)
                """)
        }
        try script("DETACH other")
    }
}
