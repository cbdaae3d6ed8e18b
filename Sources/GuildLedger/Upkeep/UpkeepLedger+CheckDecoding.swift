import GuildDomain

/// The look at rows as commands and the engine read them: a value that they cannot read ends a run, or hides a part from
/// people, and SQLite finds no fault with it.
extension UpkeepLedger {
    func rowFinding() async throws -> LedgerFinding {
        let found = try await undecodableRows()
        return LedgerFinding(.rows, Amount.counted(found.looked, "row"), found.problems)
    }

    /// Reads every row of events, decisions, invocations, actions and accounts.
    ///
    /// - Returns: how many were read, and the problems.
    func undecodableRows() async throws -> (looked: Int, problems: ProblemList) {
        var looked = 0
        var problems = ProblemList()
        for look in [
            try await read("event", "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?") { _, row, damage in
                _ = try Event(row: row, damage: &damage)
                _ = try (row["received_at"] as Timestamp, row["erased_at"] as Timestamp?)
            },
            try await read("decision", "SELECT * FROM decisions WHERE seq > ? ORDER BY seq LIMIT ?") { _, row, damage in
                _ = try EventTrace.DecisionRow(row: row, damage: &damage)
            },
            try await read("invocation", "SELECT * FROM invocations WHERE seq > ? ORDER BY seq LIMIT ?") { _, row, _ in
                _ = try Invocation(row: row)
                _ = try row.json("options")
            },
            try await read("action", "SELECT * FROM actions WHERE seq > ? ORDER BY seq LIMIT ?") { _, row, _ in
                _ = try Action(row: row)
            },
            try await read(
                "account", "SELECT \(AccountRow.columns), id AS seq FROM accounts WHERE id > ? ORDER BY id LIMIT ?"
            ) { _, row, _ in _ = try AccountRow(row) },
        ] {
            looked += look.looked
            problems.add(look.problems)
        }
        return (looked, problems)
    }

    /// Reads a table as `Ledger.scanPages` does.
    ///
    /// - Parameters:
    ///   - what: a row of the table, for people.
    ///   - sql: gives the column `seq`, the number of the row, beside what `decode` reads.
    ///   - decode: throws `RowFault`, or adds to the lines it is given.
    func read(
        _ what: String, _ sql: String,
        _ decode: @Sendable @escaping (LedgerTransaction, LedgerRow, inout [String]) throws -> Void
    ) async throws -> (looked: Int, problems: ProblemList) {
        var looked = 0
        var problems = ProblemList()
        try await ledger.scanPages(sql) { db, row in
            try Self.problems(of: row, what) { try decode(db, $0, &$1) }
        } take: { page in
            looked += page.count
            for problem in page.flatMap(\.value) { problems.add(problem) }
        }
        return (looked, problems)
    }

    private static func problems(
        of row: LedgerRow, _ what: String, _ decode: (LedgerRow, inout [String]) throws -> Void
    ) throws -> [String] {
        var damage: [String] = []
        do {
            try decode(row, &damage)
        } catch let found as RowFault {
            // The damage may be in its id, and decisions and accounts have none; a row has a number at least.
            let id = (try? row["id"] as EventID)?.description
            let number: Int64 = try row["seq"]
            var fault = found
            fault.row = "\(what) \(id ?? "\(number)")"
            damage.append(fault.message)
        }
        return damage
    }
}
