import GuildDomain
import Testing

@testable import GuildLedger

/// A ledger with work in it, written before the schema had a version, opened by this one.
@Suite struct MigrationTests {
    @Test func `a ledger with work in it keeps its books and its chain, and goes on`() async throws {
        let folder = try TemporaryFolder()
        _ = try OldLedger.makeUsed(folder)
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        let now = OldLedger.begun + .seconds(10)
        let verification = try await ledger.sound(now: now)
        #expect(verification.entries == 5)
        #expect(verification.openReservations == 1)
        #expect(verification.estimatedTokens == 1100)
        let verdict = try await ledger.audit.verify(AuditVerification(), now: now)
        #expect(verdict.problem == nil)
        #expect(verdict.entries == Int64(OldLedger.auditKinds.count))
        #expect(try await ledger.budgets.account("agent/ranger")?.used == 1230)
        #expect(try await ledger.budgets.account("agent/ranger")?.reserved == 600)
        #expect(try await ledger.count("SELECT sum(input + output) FROM root_usage") == 1230)
        #expect(try await ledger.invocations.turns(of: OldLedger.done).map(\.isAnswered) == [true, false])
        #expect(try await ledger.upkeep.check(now: now).allSatisfy { $0.status == .ok })
        // What was under way is taken up again: nothing is lost and nothing is counted twice.
        let worker = try await ledger.worker(now)
        _ = try await ledger.invocations.recover(except: worker, now: now + .seconds(60))
        let claimed = try #require(try await ledger.claim(worker, now: now + .seconds(60)))
        #expect(claimed.id == OldLedger.running)
        #expect(try await ledger.budgets.account("agent/ranger")?.reserved == 0)
        #expect(try await ledger.budgets.account("agent/ranger")?.used == 1230)
        try await ledger.turn(of: claimed, worker, now: now + .seconds(60))
        try await ledger.invocations.end(claimed, as: .succeeded, outcome: "", now: now + .seconds(60))
        _ = try await ledger.sound(now: now + .seconds(60))
    }

    @Test func `closed books of an old ledger hold too`() async throws {
        let folder = try TemporaryFolder()
        _ = try OldLedger.makeUsed(folder)
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        let now = OldLedger.begun + .seconds(100 * 86_400)
        let worker = try await ledger.worker(now)
        _ = try await ledger.invocations.recover(except: worker, now: now)
        let plan = RetentionPlan(rawMessages: .seconds(86_400), policy: "p")
        #expect(try await ledger.upkeep.prune(plan, actor: "retention", now: now).callsClosed == 2)
        _ = try await ledger.sound(now: now)
        #expect(try await ledger.audit.verify(AuditVerification(), now: now).problem == nil)
        #expect(try await ledger.budgets.account("agent/ranger")?.used == 1230)
    }

    @Test func `every row of every table is the same before and after`() throws {
        let folder = try TemporaryFolder()
        let raw = try OldLedger.makeUsed(folder)
        let tables = try raw.tables().filter { $0 != "grdb_migrations" }
        var before = try Dictionary(uniqueKeysWithValues: tables.map { ($0, try raw.rows(of: $0)) })
        // Bodies now begin with the form that they are stored in: as they are.
        for (table, column) in [("events", "body"), ("turns", "delta")] {
            before[table] = before[table]?.map { row in
                guard case .blob(let bytes)? = row[column] else { return row }
                return row.merging([column: .blob([0] + bytes)]) { $1 }
            }
        }
        #expect(before.count == 56)
        #expect(before.count { !$0.value.isEmpty } == 17)
        try Ledger(at: folder.location).close()
        #expect(try Set(raw.tables()) == Set(tables + ["schema_versions"]))
        for table in tables { #expect(try raw.rows(of: table) == before[table], "\(table)") }
        #expect(try raw.rows(of: "schema_versions") == [["version": .integer(Int64(LedgerSchema.version))]])
        // Another opening changes nothing.
        try Ledger(at: folder.location).close()
        for table in tables { #expect(try raw.rows(of: table) == before[table], "\(table)") }
    }

    @Test func `no column of the old tables is left behind`() throws {
        let (old, new) = (try SQLiteConnection(path: ":memory:"), try SQLiteConnection(path: ":memory:"))
        try old.script(OldLedger.schema())
        try new.script(LedgerSchema.tables)
        for table in try old.tables() where table != "grdb_migrations" {
            #expect(try Set(new.columns(of: table)).isSuperset(of: old.columns(of: table)), "\(table)")
        }
    }

    @Test(arguments: [[], [7, 41]] as [[Int64]])
    func `the number of a message that is gone is not given again`(kept: [Int64]) async throws {
        let folder = try TemporaryFolder()
        let raw = try OldLedger.makeUsed(folder)
        for seq in kept + [42] {
            try raw.transaction.run(
                "INSERT INTO messages (seq, topic, event, available_at) VALUES (?, 'inbound', ?, 0)",
                [seq, OldLedger.root])
        }
        try raw.script("DELETE FROM messages WHERE seq = 42")
        let ledger = try Ledger(at: folder.location)
        defer { ledger.close() }
        #expect(try await ledger.read { try $0.column("SELECT seq FROM messages ORDER BY seq") } == kept)
        _ = try await ledger.events.accept(
            .sample("new"), policy: AcceptancePolicy(actor: "tester"), now: OldLedger.begun)
        #expect(try await ledger.count("SELECT max(seq) FROM messages") == 43)
        let numbers = try await ledger.read {
            try $0.all("SELECT name, seq FROM sqlite_sequence") { "\(try $0[0] as String) \(try $0[1] as Int)" }
        }
        #expect(numbers == ["messages 43"])
    }

    @Test func `a ledger without a message begins with the first number`() async throws {
        let folder = try TemporaryFolder()
        _ = try OldLedger.make(folder)
        let ledger = try Ledger(at: folder.location)
        defer { ledger.close() }
        try await ledger.queue()
        #expect(try await ledger.count("SELECT seq FROM sqlite_sequence WHERE name = 'messages'") == 1)
        #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
    }

    @Test func `processes that start at once on an old ledger all open it, and one migrates`() async throws {
        let folder = try TemporaryFolder()
        _ = try OldLedger.makeUsed(folder)
        let opened = try await withThrowingTaskGroup(of: Ledger.self) { group in
            for _ in 0..<8 { group.addTask { try Ledger(at: folder.location) } }
            return try await group.reduce(into: [Ledger]()) { $0.append($1) }
        }
        defer { for ledger in opened { ledger.close() } }
        for ledger in opened {
            #expect(try await ledger.count("SELECT count(*) FROM entries") == 5)
            #expect(try await ledger.count("SELECT count(*) FROM schema_versions") == 1)
        }
    }

    // MARK: What is refused

    @Test func `a ledger of earlier sources is refused with the reason, and left as it is`() throws {
        let folder = try TemporaryFolder()
        let raw = try OldLedger.makeUsed(folder)
        try raw.script("DELETE FROM grdb_migrations WHERE identifier = '2026-11-budget-waits'")
        try expectRefusal(
            .unusable(
                path: folder.location.path,
                reason: "an unreleased guild wrote it; open it once with the last commit of 0.1.0"),
            folder, raw)
    }

    @Test func `a database that is no ledger is refused, and left as it is`() throws {
        let folder = try TemporaryFolder()
        let raw = try folder.rawConnection(droppingTriggers: false)
        try raw.script("CREATE TABLE theirs (n INTEGER PRIMARY KEY); INSERT INTO theirs VALUES (7)")
        try expectRefusal(
            .unusable(
                path: folder.location.path, reason: "it is an SQLite database, but not a ledger of guild"), folder, raw)
    }

    @Test func `one with a value that its column cannot have is refused, and left as it is`() throws {
        let folder = try TemporaryFolder()
        let raw = try OldLedger.makeUsed(folder)
        try raw.script("UPDATE invocations SET cost = 'dear' WHERE seq = 1")
        try expectRefusal(
            .unusable(path: folder.location.path, reason: "cannot store TEXT value in INTEGER column invocations.cost"),
            folder, raw)
    }

    @Test func `one with a row that names a missing row is refused, and left as it is`() throws {
        let folder = try TemporaryFolder()
        let raw = try OldLedger.makeUsed(folder)
        try raw.script("PRAGMA foreign_keys = OFF; DELETE FROM events WHERE seq = 2")
        let failure = #expect(throws: LedgerFailure.self) { _ = try Ledger(at: folder.location) }
        #expect(failure?.message.contains("names a missing row") == true)
        #expect(try raw.tables().contains("grdb_migrations"))
        #expect(try raw.rows(of: "decisions").count == 2)
    }

    @Test func `a command that only reads leaves an old ledger as it is, and says who upgrades it`() throws {
        let folder = try TemporaryFolder()
        let raw = try OldLedger.makeUsed(folder)
        let failure = LedgerFailure.olderVersion(path: folder.location.path)
        try expectRefusal(failure, folder, raw, mayUpgrade: false)
        #expect(failure.hint?.contains("guild serve") == true)
        try Ledger(at: folder.location).close()
        try Ledger(at: folder.location, mustExist: true, mayUpgrade: false).close()
    }

    @Test func `a command that only reads finds no ledger in a database without tables`() throws {
        let folder = try TemporaryFolder()
        try folder.rawConnection(droppingTriggers: false).script("PRAGMA user_version = 1")
        #expect(throws: LedgerFailure.missing(path: folder.location.path)) {
            _ = try Ledger(at: folder.location, mustExist: true, mayUpgrade: false)
        }
    }

    private func expectRefusal(
        _ failure: LedgerFailure, _ folder: TemporaryFolder, _ raw: SQLiteConnection, mayUpgrade: Bool = true,
        location: SourceLocation = #_sourceLocation
    ) throws {
        func contents() throws -> [String: [[String: StoredValue]]] {
            try Dictionary(uniqueKeysWithValues: raw.tables().map { ($0, try raw.rows(of: $0)) })
        }
        let before = try contents()
        #expect(throws: failure, sourceLocation: location) {
            _ = try Ledger(at: folder.location, mustExist: true, mayUpgrade: mayUpgrade)
        }
        #expect(try contents() == before, sourceLocation: location)
    }
}

extension SQLiteConnection {
    /// The names of the tables, without SQLite's own.
    func tables() throws -> [String] {
        try transaction.column(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
    }

    func columns(of table: String) throws -> [String] {
        try transaction.column("SELECT name FROM pragma_table_info(?)", [table])
    }

    /// What the table holds, in its own order, by the columns' names.
    func rows(of table: String) throws -> [[String: StoredValue]] {
        try transaction.all("SELECT * FROM \(table)") { row in
            Dictionary(
                uniqueKeysWithValues: (0..<row.source.columnCount).map { (row.source.name(of: $0), row.value($0)) })
        }
    }
}
