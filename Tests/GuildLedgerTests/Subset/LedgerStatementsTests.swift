import Testing

/// The reader of SQL in the sources, on sources of its own.
@Suite struct LedgerStatementsTests {
    private static func read(_ text: String, _ known: SQLInterpolations = SQLInterpolations()) -> LedgerStatements {
        LedgerStatements(sources: [(name: "A.swift", text: text)], known: known)
    }

    private static func texts(_ text: String, _ known: SQLInterpolations = SQLInterpolations()) -> [String] {
        let found = read(text, known)
        #expect(found.problems.sorted() == [])
        return found.statements.map { LedgerStatements.inOneLine($0.sql) }
    }

    @Test func `literals of one line and of several are found, with their lines`() {
        let found = Self.read(
            #"""
            // "DELETE FROM comments"
            let a = "SELECT 1" /* "SELECT 2" */
            call(
                """
                SELECT \
                    3, 'a''b'
                """, "no SQL, \"SELECT\" is a word")
            """#)
        #expect(found.statements.map(\.place) == ["A.swift:2", "A.swift:4"])
        #expect(found.statements.map { LedgerStatements.inOneLine($0.sql) } == ["SELECT 1", "SELECT 3, 'a''b'"])
    }

    @Test func `a constant and a number stand where they are interpolated`() {
        let source = #"""
            struct B { static let columns = "b, \(more)"; static let limit = 1_000 }
            let more = "c"
            let sql = "SELECT \(B.columns) FROM t LIMIT \(Self.limit)"
            """#.replacing("; ", with: "\n").replacing(" }", with: "\n}").replacing("{ ", with: "{\n")
        #expect(Self.texts(source) == ["SELECT b, c FROM t LIMIT 1000"])
    }

    @Test func `both sides of a choice are taken, the same one everywhere in a statement`() {
        let source = #"let sql = "SELECT a FROM t \(x == nil ? "" : "WHERE x = \(kind)") ORDER BY \(up ? "a" : "b")""#
        let known = SQLInterpolations(meanings: ["kind": .values(["1"])])
        #expect(
            Set(Self.texts(source, known)) == [
                "SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b", "SELECT a FROM t WHERE x = 1 ORDER BY a",
                "SELECT a FROM t WHERE x = 1 ORDER BY b",
            ])
        let twice = #"let sql = "SELECT \(column) FROM t GROUP BY \(column)""#
        let columns = SQLInterpolations(meanings: ["A.swift: column": .values(["a", "b"])])
        #expect(
            Set(Self.texts(twice, columns)) == ["SELECT a FROM t GROUP BY a", "SELECT b FROM t GROUP BY b"])
    }

    @Test func `parts of a statement are its own`() {
        let source = #"""
            let one = ("a = ?", 1), other = ("b = ?", 2)
            run("DELETE FROM t WHERE \(condition)")
            run("SELECT id FROM t WHERE id IN (\(LedgerTransaction.places(ids.count)))")
            """#
        let known = SQLInterpolations(meanings: ["condition": .oneOf(["a =", "b ="])])
        #expect(
            Self.texts(source, known) == [
                "DELETE FROM t WHERE a = ?", "DELETE FROM t WHERE b = ?", "SELECT id FROM t WHERE id IN (NULL)",
                "SELECT id FROM t WHERE id IN (?, ?)",
            ])
        let all = SQLInterpolations(meanings: ["condition": .all(["a =", "b ="], joinedBy: " AND ")])
        #expect(Self.texts(source, all).first == "DELETE FROM t WHERE a = ? AND b = ?")
    }

    @Test func `an unknown interpolation is told with its place, and what to do`() {
        let problems = Self.read("\n\nrun(\"DELETE FROM t WHERE id = \\(id)\")").problems
        #expect(problems == ["A.swift:3: \\(id) is unknown: add its values to SQLInterpolations"])
    }

    @Test(arguments: [
        #"run("SELECT id FROM t" + " WHERE id = ?")"#, #"conditions.append("a.id >= ?")"#,
        #"let order = " ORDER BY id""#,
    ])
    func `SQL that is in no statement is told`(source: String) {
        let problems = Self.read(source).problems
        #expect(problems.count == 1)
        #expect(problems.first?.contains("is in no statement") ?? false)
    }

    @Test func `a part that is gone is told`() {
        let known = SQLInterpolations(meanings: ["condition": .oneOf(["gone ="])])
        #expect(Self.read(#"run("DELETE FROM t WHERE \(condition)")"#, known).problems.count == 1)
    }

    @Test func `places are numbered for PostgreSQL, and hints to SQLite go`() throws {
        #expect(
            try PostgresDialect.statement("SELECT '?' FROM t INDEXED BY t_x WHERE a = ? AND b = ?")
                == "SELECT '?' FROM t WHERE a = $1 AND b = $2")
        #expect(try PostgresDialect.statement("SELECT ?2, ?1") == "SELECT $2, $1")
        #expect(throws: PostgresDialect.MixedPlaces.self) { try PostgresDialect.statement("SELECT ?, ?1") }
    }
}
