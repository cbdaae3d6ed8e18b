import Foundation
import Testing

@testable import GuildLedger

/// Every statement of the ledger is in the subset of SQL that SQLite and PostgreSQL share: both prepare the one text.
@Suite struct SQLSubsetTests {
    /// The room's sources but the engine, whose statements are its own, and the schema, which is translated.
    private static func sources() throws -> [(name: String, text: String)] {
        let room = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/GuildLedger")
            .resolvingSymlinksInPath()
        let walk = try #require(FileManager.default.enumerator(atPath: room.path))
        let paths = walk.compactMap { $0 as? String }.filter { path in
            path.hasSuffix(".swift") && !path.hasPrefix("SQLite/") && !path.hasPrefix("Schema/")
        }
        return try paths.sorted().map { path in
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return (name, try String(contentsOf: room.appending(path: path), encoding: .utf8))
        }
    }

    private static let ledger = Result { LedgerStatements(sources: try sources(), known: .ledger) }

    private static func list(_ faults: [Int: String], of statements: [LedgerStatement]) -> [String] {
        faults.sorted { $0.key < $1.key }.map { number, fault in
            guard statements.indices.contains(number) else { return "schema: \(fault)" }
            return "\(statements[number].place): \(fault): \(LedgerStatements.inOneLine(statements[number].sql))"
        }
    }

    // MARK: The ledger's

    @Test func `every SQL literal of the ledger is understood`() throws {
        let found = try Self.ledger.get()
        #expect(found.statements.count > 500)
        #expect(found.problems.sorted() == [])
    }

    /// What PostgreSQL has otherwise or not at all, and its engine will do in its own way. Nothing else may join them.
    private static let enginesOwn: Set = [
        // A backup's snapshot and its last form.
        "PRAGMA schema_version", "PRAGMA journal_mode = DELETE",
        // What is erased leaves no trace in the file.
        "PRAGMA secure_delete = ON",
        // `ledger check`.
        "PRAGMA integrity_check(1000)", "PRAGMA page_count", "PRAGMA foreign_key_check",
        // The log at the end.
        "PRAGMA busy_timeout", "PRAGMA wal_checkpoint(TRUNCATE)",
    ]

    @Test func `no statements of SQLite's own but these stand outside its engine`() throws {
        #expect(try Set(Self.ledger.get().engineStatements.map(\.sql)) == Self.enginesOwn)
    }

    /// The control of the reader: what it takes for a statement is one.
    @Test func `SQLite prepares every statement`() throws {
        let found = try Self.ledger.get()
        let faults = try SQLitePreparation().faults(found.statements.map(\.sql))
        #expect(Self.list(faults, of: found.statements) == [])
    }

    @Test(.enabled(if: PostgresSession.address != nil, Comment(rawValue: PostgresSession.isMissing)))
    func `PostgreSQL prepares every statement, with parameters of 64 bits`() async throws {
        let statements = try Self.ledger.get().statements
        let faults = try await PostgresSession.faults(
            schema: PostgresDialect.schema(SQLitePreparation().objects()),
            statements: statements.map { try PostgresDialect.statement($0.sql) })
        #expect(Self.list(faults, of: statements) == [])
    }

    // MARK: What is outside

    @Test(arguments: [
        "SELECT nothing FROM events", "SELECT id FROM", "SELECT id FROM events WHERE root NOT IN (NULL)",
        "DELETE FROM events WHERE id = ?; DELETE FROM events",
    ])
    func `what SQLite cannot run is refused`(sql: String) throws {
        #expect(try SQLitePreparation().faults(["SELECT id FROM events", sql]).keys.sorted() == [1])
    }

    private static let outside = [
        "INSERT OR REPLACE INTO dedup (digest, event, expires_at) VALUES (?, ?, ?)",
        "INSERT OR IGNORE INTO dedup (digest, event, expires_at) VALUES (?, ?, ?)",
        "SELECT id FROM accounts WHERE name GLOB 'agent/*'",
        "SELECT max(used, reserved) FROM accounts",
        "SELECT hex(id) FROM events",
        "SELECT r.id FROM reservations r, json_each(r.accounts) a WHERE a.value = ?",
        "SELECT id FROM events WHERE root IN ()",
        "SELECT id FROM accounts WHERE used",
        "SELECT id FROM accounts WHERE name = ? COLLATE NOCASE",
        "SELECT count(*) FROM (SELECT id FROM events)",
        "INSERT INTO fair_clock (priority, vtime) VALUES (?, ?) ON CONFLICT (priority) DO UPDATE SET vtime = vtime + 1",
        // What the parameter is, nobody says.
        "SELECT id FROM events WHERE ? IS NULL",
        // A parameter of 32 bits.
        "SELECT id FROM events WHERE ? + 1 = 2",
    ]

    @Test(.enabled(if: PostgresSession.address != nil, Comment(rawValue: PostgresSession.isMissing)))
    func `what PostgreSQL takes otherwise is refused`() async throws {
        #expect(try SQLitePreparation().faults(Self.outside) == [:])
        let schema = try PostgresDialect.schema(SQLitePreparation().objects())
        let inside =
            "SELECT id FROM events e INDEXED BY events_retained WHERE e.erased_at IS NULL AND e.received_at < ?"
        let faults = try await PostgresSession.faults(
            schema: schema, statements: (Self.outside + [inside]).map(PostgresDialect.statement))
        #expect(Self.outside.indices.filter { faults[$0] == nil }.map { Self.outside[$0] } == [])
        #expect(faults[Self.outside.count] == nil)
        let faulty = try await PostgresSession.faults(schema: schema + ["CREATE TABLE things (n WORD)"], statements: [])
        #expect(faulty.keys.sorted() == [-1])
    }
}

/// A database with the ledger's schema that prepares statements and runs none.
struct SQLitePreparation {
    private let connection: SQLiteConnection

    init() throws {
        connection = try SQLiteConnection(path: ":memory:")
        try connection.script(LedgerSchema.tables)
    }

    /// Type and text of what the schema makes.
    func objects() throws -> [(type: String, sql: String)] {
        try connection.transaction.all(
            "SELECT type, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%' AND sql IS NOT NULL ORDER BY rowid"
        ) {
            row in (type: try row[0] as String, sql: try row[1] as String)
        }
    }

    /// What is wrong, by the statement's place in the list.
    func faults(_ statements: [String]) throws -> [Int: String] {
        var faults: [Int: String] = [:]
        for (number, sql) in statements.enumerated() {
            do {
                let places = try #require(Self.places(sql))
                try connection.transaction.run("EXPLAIN \(sql)", Array(repeating: nil, count: places))
            } catch let fault as StorageFault {
                faults[number] = fault.message
            }
            if sql.contains("NOT IN (NULL)") { faults[number] = "NOT IN an empty list: leave the condition out" }
        }
        return faults
    }

    private static func places(_ sql: String) -> Int? {
        let numbers = sql.matches(of: /'[^']*'|\?(\d*)/).compactMap(\.output.1)
        return numbers.compactMap { Int($0) }.max() ?? numbers.count
    }
}
