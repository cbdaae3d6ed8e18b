package import GuildDomain

extension ActionLedger {
    /// Waiting actions that are counted one by one.
    private static let countLimit = 10_000
    /// Pairs of an agent and a cap that are listed.
    private static let pairLimit = 100

    /// The actions that wait because of a cap, by agent and cap; without caps that cannot be read, whose actions
    /// `awaitingApproval` names.
    package func capQueues() async throws -> [CapQueue] {
        try await ledger.read { db in
            try db.list(
                """
                SELECT agent, held_by, count(*) AS waiting, min(created_at) AS since, max(caps) AS caps FROM (
                    SELECT agent, held_by, created_at, caps FROM actions INDEXED BY actions_capped
                    WHERE state = 'awaiting' AND held_by IS NOT NULL LIMIT \(Self.countLimit)) AS held
                GROUP BY agent, held_by LIMIT \(Self.pairLimit)
                """
            ) { row -> CapQueue? in
                guard let hold = try CapHold(row: row) else { return nil }
                return try CapQueue(
                    agent: row["agent"], hold: hold, waiting: row["waiting"], since: row["since"])
            }.compactMap { $0 }
        }
    }

    /// The unused releases, the first to expire first.
    package func capReleases(now: Timestamp) async throws -> [CapRelease] {
        try await ledger.read { db in
            let at = try db.accounts.budgetClock(now).now
            return try db.list(
                """
                SELECT agent, cap, scope, remaining, expires_at, actor FROM cap_releases
                WHERE remaining > 0 AND expires_at > ? ORDER BY expires_at LIMIT \(Self.pairLimit)
                """, [at]
            ) { row in
                try CapRelease(
                    agent: row["agent"], cap: row["cap"], scope: row["scope"], left: row["remaining"],
                    until: row["expires_at"], actor: row["actor"])
            }
        }
    }

    /// The cap at which an invocation's first held action waits; nil if it waits for something else, or the action is
    /// damaged.
    package func capHold(of invocation: InvocationID) async throws -> CapHold? {
        try await ledger.read { db in
            try db.first(
                """
                SELECT held_by, caps FROM actions INDEXED BY actions_invocation
                WHERE invocation = ? AND state = 'awaiting' AND held_by IS NOT NULL ORDER BY seq LIMIT 1
                """, [invocation]
            ) { row in try CapHold(row: row) } ?? nil
        }
    }
}

extension CapHold {
    /// Nil if the caps cannot be read: whatever lists them has the damaged action named elsewhere.
    fileprivate init?(row: LedgerRow) throws {
        do {
            let cap: ActionCap = try row["held_by"]
            self.init(cap, ActionCaps(json: try row.json("caps"))[cap])
        } catch is RowFault {
            return nil
        }
    }
}
