import GuildDomain
import Testing

@testable import GuildLedger

/// What a column reads as: the value that is stored, or a fault that names it.
@Suite struct LedgerRowTests {
    private let connection: SQLiteConnection
    private var db: LedgerTransaction { connection.transaction }

    init() throws { connection = try SQLiteConnection(path: ":memory:") }

    /// A value of each kind, as SQL writes it, and what a fault calls it.
    private static let columns: KeyValuePairs = [
        "NULL": "NULL", "0": "the integer 0", "1": "the integer 1", "3": "the integer 3", "-1": "the integer -1",
        "2147483648": "the integer 2147483648", "9223372036854775807": "the integer 9223372036854775807",
        "1.5": "a real number", "''": "''", "'queued'": "'queued'", "'3'": "'3'", "x''": "0 bytes",
        "x'6162'": "2 bytes", "x'000000000000000100000000000000FF'": "16 bytes",
        "x'000000000000000100000000000000FF00'": "17 bytes",
    ]

    /// Reads each of `columns` as a `Value`, by name and by position: those of `expected` are read, NULL by nothing but an
    /// optional, and each other one is a fault.
    private func expect<Value: StoredDecodable & Equatable>(
        _ expected: [String: Value], location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(expected.keys.allSatisfy { key in Self.columns.contains { $0.key == key } }, sourceLocation: location)
        for (column, found) in Self.columns {
            let sql = "SELECT 'first', \(column) AS it"
            let byName = { try db.first(sql) { try $0["it"] as Value } }
            let byPosition = { try db.first(sql) { try $0[1] as Value } }
            let optional = { try db.first(sql) { try $0["it"] as Value? } }
            if let value = expected[column] {
                #expect(try byName() == value, "\(column)", sourceLocation: location)
                #expect(try byPosition() == value, "\(column)", sourceLocation: location)
                #expect(try optional() == .some(.some(value)), "\(column)", sourceLocation: location)
                continue
            }
            let fault = RowFault(column: "it", found: found, sql: sql)
            #expect(throws: fault, "\(column)", sourceLocation: location) { try byName() }
            #expect(throws: fault, "\(column)", sourceLocation: location) { try byPosition() }
            if column == "NULL" {
                #expect(try optional() == .some(.none), sourceLocation: location)
            } else {
                #expect(throws: fault, "\(column)", sourceLocation: location) { try optional() }
            }
        }
    }

    // MARK: Types

    private static let integers: [String: Int64] = [
        "0": 0, "1": 1, "3": 3, "-1": -1, "2147483648": 2_147_483_648, "9223372036854775807": .max,
    ]

    @Test func `integers are read from integers that they can hold`() throws {
        try expect(Self.integers)
        try expect(Self.integers.mapValues { Int($0) })
        try expect(Self.integers.compactMapValues { Int32(exactly: $0) })
    }

    @Test func `a time is read from an integer`() throws {
        try expect(Self.integers.mapValues { Timestamp(microseconds: $0) })
    }

    @Test func `a truth is read from 0 and 1`() throws { try expect(["0": false, "1": true]) }

    @Test func `text is read from text`() throws { try expect(["''": "", "'queued'": "queued", "'3'": "3"]) }

    @Test func `bytes are read from a blob`() throws {
        let id: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xFF]
        try expect([
            "x''": [], "x'6162'": Array("ab".utf8), "x'000000000000000100000000000000FF'": id,
            "x'000000000000000100000000000000FF00'": id + [0],
        ])
    }

    @Test func `an id is read from 16 bytes`() throws {
        try expect(["x'000000000000000100000000000000FF'": EventID(high: 1, low: 0xFF)])
    }

    @Test func `a case is read from its raw value`() throws {
        try expect(["'queued'": InvocationState.queued])
        try expect(
            Dictionary(uniqueKeysWithValues: [0, 1, 3].map { ("\($0)", try #require(Priority(rawValue: $0))) }))
    }

    @Test func `the value as it is stored is each of them`() throws {
        let expected: [StoredValue] = [
            .null, .integer(0), .integer(1), .integer(3), .integer(-1), .integer(2_147_483_648), .integer(.max),
            .text("1.5"), .text(""), .text("queued"), .text("3"), .blob([]), .blob(Array("ab".utf8)),
        ]
        for (column, value) in zip(Self.columns, expected) {
            #expect(try db.first("SELECT \(column.key)") { $0.value(0) } == value)
        }
    }

    @Test func `JSON is read from a text or a blob that is some, and NULL is null`() throws {
        func read(_ sql: String) throws -> JSONValue? { try db.first("SELECT \(sql) AS it") { try $0.json("it") } }
        #expect(try read(#"'{"a": [1, null]}'"#) == ["a": [1, .null]])
        #expect(try read("x'5B5D'") == [])
        #expect(try read("NULL") == .null)
        for broken in ["'{'", "''", "x''", "x'FF'"] {
            let fault = RowFault(column: "it", found: "something that is not JSON", sql: "SELECT \(broken) AS it")
            #expect(throws: fault) { try read(broken) }
        }
        #expect(throws: RowFault(column: "it", found: "the integer 7", sql: "SELECT 7 AS it")) { try read("7") }
    }

    @Test func `text is read to its end, whatever is in it`() throws {
        #expect(try db.value("SELECT 'a' || char(0) || 'b'", as: String.self) == "a\0b")
        #expect(try db.value("SELECT 'ü' || char(0x1F409)", as: String.self) == "ü🐉")
    }

    // MARK: Columns

    @Test func `a column that the result does not have is a fault`() throws {
        let sql = "SELECT 1 AS one"
        #expect(throws: RowFault(column: "two", found: "no such column", sql: sql)) {
            try db.first(sql) { try $0["two"] as Int }
        }
        #expect(throws: RowFault(column: "One", found: "no such column", sql: sql)) {
            try db.first(sql) { try $0["One"] as Int? }
        }
        #expect(throws: RowFault(column: "2", found: "no such column", sql: sql)) {
            try db.first(sql) { try $0[1] as Int? }
        }
    }

    @Test func `of two columns of one name the first is read`() throws {
        #expect(try db.first("SELECT 1 AS it, 2 AS it") { try $0["it"] as Int } == 1)
    }

    // MARK: Faults

    @Test(arguments: [
        ("SELECT n FROM things", "table 'things'"), ("SELECT n FROM  things, others", "table 'things'"),
        ("SELECT n\nFROM things\nWHERE n > 0", "table 'things'"),
        ("INSERT INTO things (n) VALUES (1) RETURNING n", "table 'things'"),
        ("INSERT OR IGNORE INTO things(n) VALUES (1) RETURNING n", "table 'things'"),
        ("UPDATE things SET n = 1 RETURNING n", "table 'things'"), ("DELETE FROM things RETURNING n", "table 'things'"),
        ("SELECT 1", "result"),
    ])
    func `a fault names the table, the column and what it holds`(sql: String, place: String) {
        let fault = RowFault(column: "n", found: "NULL", sql: sql)
        #expect(fault.message == "the ledger's \(place) has a damaged row: column n holds NULL")
        #expect(fault.kind == .failed)
        #expect(fault.hint?.contains("guild ledger check") == true)
    }

    @Test func `a fault tells the beginning of a long text, on one line`() throws {
        let text = String(repeating: "x", count: 39) + "\n" + String(repeating: "y", count: 1000)
        let fault = #expect(throws: RowFault.self) { try db.first("SELECT ? AS it", [text]) { try $0["it"] as Int } }
        let found = try #require(fault?.found)
        #expect(found.hasPrefix("'" + String(repeating: "x", count: 39)))
        #expect(!found.contains("\n") && !found.contains("y"))
    }

    @Test func `a damaged row fails what it belongs to and nothing else`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let (damaged, whole) = (try await ledger.queue("damaged"), try await ledger.queue("whole"))
            try folder.damage("UPDATE invocations SET priority = 9 WHERE seq = 1")
            let fault = await #expect(throws: RowFault.self) { try await ledger.invocations.find(damaged) }
            #expect(fault?.column == "priority")
            #expect(fault?.found == "the integer 9")
            #expect(fault?.message.contains("table 'invocations'") == true)
            #expect(try await ledger.invocations.find(whole)?.priority == .normal)
        }
    }

    @Test func `a damaged invocation ends when it would be claimed, and the others are claimed`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            _ = try await ledger.queue("damaged")
            let whole = try await ledger.queue("whole")
            try folder.damage("UPDATE invocations SET priority = 9 WHERE seq = 1")
            let worker = try await ledger.worker(start)
            let claimed = try await ledger.invocations.claim(ClaimScope(), upTo: 8, worker: worker, now: start)
            #expect(claimed.map(\.invocation.id) == [whole])
            let text =
                "SELECT count(*) FROM invocations "
                + "WHERE seq = 1 AND state = 'failed' AND outcome LIKE '%integer 9%'"
            #expect(try await ledger.count(text) == 1)
            #expect(try await ledger.audit.verify().problem == nil)
        }
    }

    @Test func `a damaged invocation that a dead worker held ends, and the others are taken back`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            for agent in ["damaged", "whole"] { _ = try await ledger.queue(agent) }
            let dying = try await ledger.worker(start)
            #expect(try await ledger.invocations.claim(ClaimScope(), upTo: 2, worker: dying, now: start).count == 2)
            try folder.damage("UPDATE invocations SET priority = 9 WHERE seq = 1")
            let later = start + .seconds(60)
            let found = try await ledger.invocations.recover(except: try await ledger.worker(later), now: later)
            #expect(found.invocations == 1)
            #expect(try await ledger.count("SELECT count(*) FROM invocations WHERE seq = 1 AND state = 'failed'") == 1)
            #expect(try await ledger.count("SELECT count(*) FROM invocations WHERE seq = 2 AND state = 'queued'") == 1)
        }
    }

    @Test func `a damaged event leaves the queue, and the following ones are read`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let (damaged, whole) = (Event.sample("damaged"), Event.sample("whole"))
            for event in [damaged, whole] {
                _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "test"), now: start)
            }
            try folder.damage("UPDATE events SET priority = 9 WHERE seq = 1")
            #expect(try await ledger.dispatch.inbound(limit: 8, now: start).map(\.event.id) == [whole.id])
            #expect(try await ledger.count("SELECT count(*) FROM messages") == 1)
            let told = try #require(try await ledger.audit.log(AuditFilter()).last)
            #expect(told.kind == "dispatch.decided")
            #expect(told.subject == damaged.id.description)
            #expect(try await ledger.audit.verify().problem == nil)
        }
    }

    @Test func `what runs ends by its id when its row cannot be read`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let id = try await ledger.queue("damaged")
            try folder.damage("UPDATE invocations SET priority = 9 WHERE seq = 1")
            let fault = try #require(await #expect(throws: RowFault.self) { try await ledger.invocations.find(id) })
            try await ledger.invocations.failDamaged(id, fault, now: start)
            #expect(try await ledger.count("SELECT count(*) FROM invocations WHERE state = 'failed'") == 1)
            let ended = try await ledger.audit.log(AuditFilter()).last
            #expect(ended?.kind == "invocation.ended")
            #expect(ended?.subject == id.description)
        }
    }
}
