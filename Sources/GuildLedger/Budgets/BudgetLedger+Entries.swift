package import GuildDomain

extension BudgetLedger {
    /// Entries, the newest of all, among which those of an account with windows are looked for: an agent that was
    /// quiet for longer shows none.
    private static let entryWindow = 20_000

    package func hasAccount(_ account: AccountName) async throws -> Bool {
        try await ledger.read { db in
            try db.holds("SELECT EXISTS (SELECT 1 FROM accounts WHERE name = ?)", [account.description])
        }
    }

    /// The newest entries that touched an account, the newest first.
    package func entries(of account: AccountName, limit: Int) async throws -> [BookEntry] {
        let (scope, values): (String, [(any Storable)?]) =
            switch account {
            case .invocation(let id):
                ("reservation IN (SELECT reservation FROM turns WHERE invocation = ?)", [id])
            case .root(let id):
                (
                    """
                    reservation IN (SELECT t.reservation FROM invocations i JOIN turns t ON t.invocation = i.id
                        WHERE i.root = ?)
                    """, [id]
                )
            case .organization, .chapter, .agent, .swarm:
                (
                    """
                    id > (SELECT coalesce(max(id), 0) - \(Self.entryWindow) FROM entries) AND EXISTS (
                        SELECT 1 FROM reservations r JOIN accounts a
                            ON replace(replace(r.accounts, '[', ','), ']', ',') LIKE '%,' || CAST(a.id AS TEXT) || ',%'
                        WHERE r.id = e.reservation AND a.name = ?)
                    """, [account.description]
                )
            }
        return try await ledger.read { db in
            try db.list(
                """
                SELECT l.*, r.model, r.invocation, r.n, i.agent
                FROM (SELECT * FROM entries e WHERE \(scope) ORDER BY id DESC LIMIT \(limit)) l
                    JOIN reservations r ON r.id = l.reservation JOIN invocations i ON i.id = r.invocation
                ORDER BY l.id DESC
                """, values, read: BookEntry.init(row:))
        }
    }
}

extension BookEntry {
    fileprivate init(row: LedgerRow) throws {
        try self.init(
            at: row["at"], kind: row["kind"], agent: row["agent"], model: row["model"], invocation: row["invocation"],
            turn: row["n"], held: row["held"], spent: try TokenUsage(row: row).total,
            costMicrodollars: row["spent_cost"],
            isEstimated: row["estimated"], overrun: row["overrun"])
    }
}
