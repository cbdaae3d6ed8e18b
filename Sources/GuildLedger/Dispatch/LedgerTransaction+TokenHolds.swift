import GuildDomain

extension LedgerTransaction {
    /// Ended runs that the mean is taken over, the latest.
    private static let runsPerMean = 20

    /// What one of the agent's last runs used in the mean; those that used nothing say nothing.
    func expectedTokens(of agent: String) throws -> Int64 {
        let mean = try first(
            """
            SELECT CAST(avg(nullif(tokens, 0)) AS INTEGER) FROM (
                SELECT input + cache_read + cache_write + output + reasoning AS tokens
                FROM invocations INDEXED BY invocations_ended
                WHERE agent = ? AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT \(Self.runsPerMean))
            """, [agent]
        ) { try ($0[0] as Int64?) }
        return (mean ?? nil) ?? FairShare.expectedTokens
    }

    func tokenHold(of invocation: InvocationID, on bucket: String) throws -> TokenHold? {
        try first(
            "SELECT tokens, mark, waiting FROM token_holds WHERE invocation = ? AND bucket = ?",
            [invocation, bucket]
        ) { try TokenHold(tokens: try $0[0] as Int64, mark: try $0[1] as Int64, isWaiting: ($0[2] as Int64?) == 1) }
    }

    func keep(_ hold: TokenHold, of invocation: InvocationID, on bucket: String) throws {
        try run(
            "INSERT OR REPLACE INTO token_holds (invocation, bucket, tokens, mark, waiting) VALUES (?, ?, ?, ?, ?)",
            [
                invocation, bucket, hold.tokens, hold.mark,
                hold.isWaiting ? 1 : 0,
            ])
    }

    /// Gives the buckets back what was taken for an invocation and not used.
    func giveBackTokens(of invocation: InvocationID) throws {
        let holds = try tokenHolds(of: invocation)
        guard !holds.isEmpty else { return }
        try run(
            """
            UPDATE rate_buckets SET reserved = max(reserved - h.tokens, 0) FROM token_holds h
            WHERE h.invocation = ? AND h.waiting AND h.bucket = rate_buckets.name
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
                "UPDATE rate_buckets SET excess = max(excess - ?, 0) WHERE name = ?",
                [covered, hold.bucket])
            try run(
                "UPDATE token_holds SET tokens = tokens - ? WHERE invocation = ? AND bucket = ?",
                [covered, invocation, hold.bucket])
        }
    }

    private func tokenHolds(of invocation: InvocationID) throws -> [(bucket: String, tokens: Int64)] {
        var holds: [(bucket: String, tokens: Int64)] = []
        try each("SELECT bucket, tokens FROM token_holds WHERE invocation = ?", [invocation]) {
            try holds.append((($0[0] as String), try $0[1] as Int64))
        }
        return holds
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
