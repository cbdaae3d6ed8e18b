import GuildDomain

/// Reads and writes rate buckets.
struct RateStatements {
    let db: LedgerTransaction

    /// Takes away buckets of senders that are full again: one that is not there is full.
    func forgetFullBuckets(limit: Int, now: Timestamp) throws {
        try db.run(
            """
            DELETE FROM rate_buckets WHERE name IN (SELECT name FROM rate_buckets INDEXED BY rate_buckets_full
                WHERE full_at <= ? ORDER BY full_at LIMIT ?)
            """, [now, limit])
    }

    /// Names of the senders' buckets that are not full, those first that will be last.
    func senderBuckets(limit: Int, now: Timestamp) throws -> [String] {
        try db.listed(
            """
            SELECT name FROM rate_buckets INDEXED BY rate_buckets_full WHERE full_at > ?
            ORDER BY full_at DESC LIMIT ?
            """, [now, limit])
    }
}
