import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct SQLiteConnectionTests {
    private let connection: SQLiteConnection
    private var db: LedgerTransaction { connection.transaction }

    init() throws {
        connection = try SQLiteConnection(path: ":memory:")
        try connection.script("CREATE TABLE things (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
    }

    private func fill(_ count: Int) throws {
        for n in 1...count { try db.run("INSERT INTO things (n, text) VALUES (?, ?)", [n, "t\(n)"]) }
    }

    // MARK: Parameters

    @Test func `a parameter is stored as what it is`() throws {
        let values: [((any Storable)?, String, StoredValue)] = [
            (nil, "null", .null), (7, "integer", .integer(7)), (Int64.min, "integer", .integer(.min)),
            (Int32(-1), "integer", .integer(-1)), (true, "integer", .integer(1)), (false, "integer", .integer(0)),
            ("", "text", .text("")), ("a\0ü", "text", .text("a\0ü")), ([UInt8](), "blob", .blob([])),
            ([0, 0xFF] as [UInt8], "blob", .blob([0, 0xFF])),
            (EventID(high: 1, low: 2), "blob", .blob([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])),
            (Timestamp(microseconds: 5), "integer", .integer(5)), (InvocationState.queued, "text", .text("queued")),
            (Priority.normal, "integer", .integer(Int64(Priority.normal.rawValue))),
            (StoredValue.null, "null", .null), (StoredValue.text("x"), "text", .text("x")),
        ]
        for (value, type, stored) in values {
            let row = try db.first("SELECT typeof(?), ?", [value, value]) { (try $0[0] as String, $0.value(1)) }
            #expect(row?.0 == type, "\(stored)")
            #expect(row?.1 == stored)
        }
    }

    @Test(arguments: [[], [1], [1, 2, 3]]) func `as many values as a statement has places, or it fails`(values: [Int]) throws {
        let sql = "SELECT ? + ?"
        let fault = #expect(throws: StorageFault.self) { try db.first(sql, values.map { $0 }) { try $0[0] as Int } }
        #expect(fault?.kind == .other)
        #expect(fault?.sql == sql)
        // The next use is not spoilt by it.
        #expect(try db.value(sql, [3, 4], as: Int.self) == 7)
    }

    @Test func `what a statement was last given is forgotten`() throws {
        #expect(try db.value("SELECT ?", ["x"], as: String.self) == "x")
        #expect(try db.value("SELECT ?", [nil], as: String.self) == nil)
    }

    // MARK: Results

    @Test func `the rows of a result come in order, all or as many as are wanted`() throws {
        try fill(5)
        let sql = "SELECT n, text FROM things ORDER BY n"
        #expect(try db.all(sql) { try $0["text"] as String } == ["t1", "t2", "t3", "t4", "t5"])
        #expect(try db.column(sql, as: Int.self) == [1, 2, 3, 4, 5])
        #expect(try db.first(sql) { try $0["n"] as Int } == 1)
        #expect(try db.value(sql, as: Int.self) == 1)
        var seen: [Int] = []
        try db.rows(sql) { row in
            seen.append(try row["n"])
            return seen.count < 3
        }
        #expect(seen == [1, 2, 3])
        seen = []
        try db.each(sql) { seen.append(try $0["n"]) }
        #expect(seen == [1, 2, 3, 4, 5])
    }

    @Test func `an empty result is nil, no rows, or false`() throws {
        let sql = "SELECT n FROM things"
        #expect(try db.first(sql) { try $0[0] as Int } == nil)
        #expect(try db.value(sql, as: Int.self) == nil)
        #expect(try db.column(sql, as: Int.self) == [])
        #expect(try !db.holds(sql))
        #expect(try !db.holds("SELECT EXISTS (SELECT 1 FROM things)"))
        try fill(1)
        #expect(try db.holds("SELECT EXISTS (SELECT 1 FROM things)"))
        #expect(throws: RowFault.self) { try db.holds("SELECT 2") }
    }

    @Test func `changes are the rows that the statement changed`() throws {
        #expect(try db.changes("INSERT INTO things VALUES (1, 'a'), (2, 'b'), (3, 'c')") == 3)
        #expect(try db.changes("UPDATE things SET text = 'x' WHERE n > ?", [1]) == 2)
        #expect(try db.changes("UPDATE things SET text = 'x' WHERE n > ?", [9]) == 0)
        #expect(try db.changes("INSERT INTO things VALUES (1, 'a') ON CONFLICT DO NOTHING") == 0)
        #expect(try db.changes("DELETE FROM things") == 3)
    }

    @Test func `a statement with a returned row is done whether or not the row is read`() throws {
        let sql = "INSERT INTO things (text) VALUES (?) RETURNING n"
        #expect(try db.value(sql, ["a"], as: Int.self) == 1)
        try db.run(sql, ["b"])
        #expect(try db.value("SELECT count(*) FROM things", as: Int.self) == 2)
    }

    // MARK: Statements

    @Test func `a statement that is being read can be run again by what reads it`() throws {
        try fill(4)
        let sql = "SELECT n FROM things WHERE n >= ? ORDER BY n"
        var seen: [[Int]] = []
        try db.each(sql, [1]) { outer in
            let first: Int = try outer["n"]
            try db.each(sql, [first + 1]) { inner in
                let second: Int = try inner["n"]
                seen.append(try [first, second] + db.column(sql, [second + 1]))
            }
            // The outer row is still the one that it was.
            #expect(try outer["n"] == first)
        }
        #expect(seen == [[1, 2, 3, 4], [1, 3, 4], [1, 4], [2, 3, 4], [2, 4], [3, 4]])
        #expect(try db.column(sql, [3], as: Int.self) == [3, 4])
    }

    @Test func `a reader that throws leaves nothing open`() throws {
        try fill(3)
        let sql = "SELECT n FROM things"
        #expect(throws: Failure(.failed, "enough")) {
            try connection.transaction { db in
                try db.each(sql) { _ in try db.each(sql) { _ in throw Failure(.failed, "enough") } }
            }
        }
        #expect(!connection.isInsideTransaction)
        #expect(try db.first(sql) { try $0[0] as Int } == 1)
        // SQLite refuses this while a statement is being read.
        try connection.script("DROP TABLE things")
    }

    @Test func `more statements than are kept all work, also while one is being read`() throws {
        try fill(3)
        var rows: [Int] = []
        try db.each("SELECT n FROM things ORDER BY n") { row in
            for number in 0..<1500 {
                #expect(try db.value("SELECT ? + \(number)", [1], as: Int.self) == number + 1)
            }
            rows.append(try row["n"])
        }
        #expect(rows == [1, 2, 3])
        #expect(try db.value("SELECT ? + 0", [1], as: Int.self) == 1)
        #expect(try db.column("SELECT n FROM things ORDER BY n", as: Int.self) == [1, 2, 3])
    }

    // MARK: Faults

    @Test func `a fault says of what kind it is, and names the statement`() throws {
        try fill(1)
        let duplicate = "INSERT INTO things VALUES (1, 'x')"
        let wrongType = "INSERT INTO things VALUES (2, x'00')"
        let noTable = "SELECT * FROM nothing"
        for (sql, kind) in [
            (duplicate, StorageFault.Kind.constraint), (wrongType, .constraint), (noTable, .other), ("SELEC 1", .other),
        ] {
            let fault = #expect(throws: StorageFault.self) { try db.run(sql) }
            #expect(fault?.kind == kind, "\(sql)")
            #expect(fault?.sql == sql)
        }
        #expect(throws: StorageFault.self) { try connection.script("SELECT 1; SELEC 2") }
        #expect(try db.column("SELECT n FROM things", as: Int.self) == [1])
    }

    @Test func `a file that cannot be opened, or is none, is told of`() throws {
        let folder = try TemporaryFolder()
        let missing = #expect(throws: StorageFault.self) {
            try SQLiteConnection(path: folder.path + "/none", .readWrite)
        }
        #expect(missing?.kind == .readOnly)
        let raw = try SQLiteConnection(path: folder.location.path)
        try raw.script("CREATE TABLE t (n)")
        let reader = try SQLiteConnection(path: folder.location.path, .readOnly)
        let refused = #expect(throws: StorageFault.self) { try reader.script("INSERT INTO t VALUES (1)") }
        #expect(refused?.kind == .readOnly)
        try raw.script("BEGIN EXCLUSIVE")
        let busy = #expect(throws: StorageFault.self) { try reader.script("SELECT * FROM t") }
        #expect(busy?.kind == .busy)
    }

    // MARK: Transactions

    @Test func `a transaction stands when its body returns, and leaves nothing when it throws`() throws {
        try connection.transaction { try $0.run("INSERT INTO things VALUES (1, 'a')") }
        #expect(throws: Failure(.failed, "no")) {
            try connection.transaction { db in
                try db.run("INSERT INTO things VALUES (2, 'b')")
                #expect(connection.isInsideTransaction)
                throw Failure(.failed, "no")
            }
        }
        #expect(!connection.isInsideTransaction)
        #expect(try db.column("SELECT n FROM things", as: Int.self) == [1])
    }

    @Test func `a copy has what the database has`() throws {
        try fill(500)
        let copy = try SQLiteConnection(path: ":memory:")
        try connection.backUp(to: copy, pagesPerStep: 1)
        #expect(try copy.rows(of: "things") == connection.rows(of: "things"))
        #expect(try copy.tables() == ["things"])
    }

    @Test func `rows that name others are checked`() throws {
        try connection.script("CREATE TABLE parts (thing INTEGER NOT NULL REFERENCES things(n)) STRICT")
        let fault = #expect(throws: StorageFault.self) { try db.run("INSERT INTO parts VALUES (1)") }
        #expect(fault?.kind == .constraint)
    }
}
