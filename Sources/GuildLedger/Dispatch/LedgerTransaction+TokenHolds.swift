import GuildDomain

extension LedgerTransaction {
    /// Ended runs that the mean is taken over, the latest.
    private static let runsPerMean = 20

    /// What one of the agent's last runs used in the mean; those that used nothing say nothing.
    func expectedTokens(of agent: String) throws -> Int64 {
        let mean: Int64? = try value(
            """
            SELECT CAST(avg(nullif(tokens, 0)) AS INTEGER) FROM (
                SELECT input + cache_read + cache_write + output + reasoning AS tokens
                FROM invocations INDEXED BY invocations_ended
                WHERE agent = ? AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT \(Self.runsPerMean)) AS runs
            """, [agent])
        return mean ?? FairShare.expectedTokens
    }

    func tokenHold(of invocation: InvocationID, on bucket: String) throws -> TokenHold? {
        try first(
            "SELECT tokens, mark, waiting FROM token_holds WHERE invocation = ? AND bucket = ?",
            [invocation, bucket]
        ) { row in try TokenHold(tokens: row["tokens"], mark: row["mark"], isWaiting: row["waiting"]) }
    }

    func keep(_ hold: TokenHold, of invocation: InvocationID, on bucket: String) throws {
        try run(
            """
            INSERT INTO token_holds (invocation, bucket, tokens, mark, waiting) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (invocation, bucket) DO UPDATE SET tokens = excluded.tokens, mark = excluded.mark,
                waiting = excluded.waiting
            """, [invocation, bucket, hold.tokens, hold.mark, hold.isWaiting])
    }

    /// Gives the buckets back what was taken for an invocation and not used.
    func giveBackTokens(of invocation: InvocationID) throws {
        let holds = try tokenHolds(of: invocation)
        guard !holds.isEmpty else { return }
        try run(
            """
            UPDATE rate_buckets SET reserved = CASE WHEN reserved > h.tokens THEN reserved - h.tokens ELSE 0 END FROM token_holds h
            WHERE h.invocation = ? AND h.waiting = 1 AND h.bucket = rate_buckets.name
            """, [invocation])
        for hold in holds { try returnTokens(hold.tokens, to: hold.bucket) }
        try run("DELETE FROM token_holds WHERE invocation = ?", [invocation])
    }

    /// What a run has used was charged to its buckets; what was taken for it beforehand was charged already.
    func coverTokens(_ tokens: Int64, of invocation: InvocationID) throws {
        for hold in try tokenHolds(of: invocation) where hold.tokens > 0 {
            let covered = min(hold.tokens, tokens)
            try returnTokens(covered, to: hold.bucket)
            try run(
                "UPDATE rate_buckets SET excess = CASE WHEN excess > ?1 THEN excess - ?1 ELSE 0 END WHERE name = ?2",
                [covered, hold.bucket])
            try run(
                "UPDATE token_holds SET tokens = tokens - ? WHERE invocation = ? AND bucket = ?",
                [covered, invocation, hold.bucket])
        }
    }

    private func tokenHolds(of invocation: InvocationID) throws -> [(bucket: String, tokens: Int64)] {
        try all("SELECT bucket, tokens FROM token_holds WHERE invocation = ?", [invocation]) { row in
            try (bucket: row[0], tokens: row[1])
        }
    }

    private func returnTokens(_ tokens: Int64, to bucket: String) throws {
        let kept = try first("SELECT level, spent FROM rate_buckets WHERE name = ?", [bucket]) {
            (level: try $0[0] as Int64, spent: try $0[1] as Int64)
        }
        guard let kept else { return }
        // What is owed already but not yet taken comes first.
        let owed = min(kept.spent, max(tokens, 0))
        let level = RateBucket(level: kept.level, at: Timestamp(microseconds: 0)).returning(tokens - owed).level
        try run(
            "UPDATE rate_buckets SET level = ?, spent = spent - ? WHERE name = ?",
            [level, owed, bucket])
    }
}
