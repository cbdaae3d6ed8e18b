import GuildDomain

extension RateStatements {
    /// Ended runs that the mean is taken over, the latest.
    private static let runsPerMean = 20

    /// The mean usage of the agent's last runs; those without usage do not count.
    func expectedTokens(of agent: String) throws -> Int64 {
        let mean: Int64? = try db.value(
            """
            SELECT CAST(avg(nullif(tokens, 0)) AS INTEGER) FROM (
                SELECT input + cache_read + cache_write + output + reasoning AS tokens
                FROM invocations INDEXED BY invocations_ended
                WHERE agent = ? AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT \(Self.runsPerMean)) AS runs
            """, [agent])
        return mean ?? FairShare.expectedTokens
    }

    func tokenHold(of invocation: InvocationID, on bucket: String) throws -> TokenHold? {
        try db.first(
            "SELECT tokens, mark, waiting FROM token_holds WHERE invocation = ? AND bucket = ?",
            [invocation, bucket]
        ) { row in try TokenHold(tokens: row["tokens"], mark: row["mark"], isWaiting: row["waiting"]) }
    }

    func keep(_ hold: TokenHold, of invocation: InvocationID, on bucket: String) throws {
        try db.run(
            """
            INSERT INTO token_holds (invocation, bucket, tokens, mark, waiting) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (invocation, bucket) DO UPDATE SET tokens = excluded.tokens, mark = excluded.mark,
                waiting = excluded.waiting
            """, [invocation, bucket, hold.tokens, hold.mark, hold.isWaiting])
    }

    /// Returns the unused tokens of an invocation to the buckets.
    func giveBackTokens(of invocation: InvocationID) throws {
        let holds = try tokenHolds(of: invocation)
        guard !holds.isEmpty else { return }
        try db.run(
            """
            UPDATE rate_buckets SET reserved = CASE WHEN reserved > h.tokens THEN reserved - h.tokens ELSE 0 END FROM token_holds h
            WHERE h.invocation = ? AND h.waiting = 1 AND h.bucket = rate_buckets.name
            """, [invocation])
        for hold in holds { try returnTokens(hold.tokens, to: hold.bucket) }
        try db.run("DELETE FROM token_holds WHERE invocation = ?", [invocation])
    }

    /// A run's usage was charged to its buckets; the amount taken in advance was charged already.
    func coverTokens(_ tokens: Int64, of invocation: InvocationID) throws {
        for hold in try tokenHolds(of: invocation) where hold.tokens > 0 {
            let covered = min(hold.tokens, tokens)
            try returnTokens(covered, to: hold.bucket)
            try db.run(
                "UPDATE rate_buckets SET excess = CASE WHEN excess > ?1 THEN excess - ?1 ELSE 0 END WHERE name = ?2",
                [covered, hold.bucket])
            try db.run(
                "UPDATE token_holds SET tokens = tokens - ? WHERE invocation = ? AND bucket = ?",
                [covered, invocation, hold.bucket])
        }
    }

    private func tokenHolds(of invocation: InvocationID) throws -> [(bucket: String, tokens: Int64)] {
        try db.all("SELECT bucket, tokens FROM token_holds WHERE invocation = ?", [invocation]) { row in
            try (bucket: row[0], tokens: row[1])
        }
    }

    private func returnTokens(_ tokens: Int64, to bucket: String) throws {
        let kept = try db.first("SELECT level, spent FROM rate_buckets WHERE name = ?", [bucket]) {
            (level: try $0[0] as Int64, spent: try $0[1] as Int64)
        }
        guard let kept else { return }
        // Amounts that are owed already but not yet taken come first.
        let owed = min(kept.spent, max(tokens, 0))
        let level = RateBucket(level: kept.level, at: Timestamp(microseconds: 0)).returning(tokens - owed).level
        try db.run(
            "UPDATE rate_buckets SET level = ?, spent = spent - ? WHERE name = ?",
            [level, owed, bucket])
    }
}
