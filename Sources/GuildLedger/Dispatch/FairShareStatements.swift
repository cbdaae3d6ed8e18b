import GuildDomain

/// Reads and writes the fair shares of chapters.
struct FairShareStatements {
    let db: LedgerTransaction

    /// The shares that a claim tries, in order, until one has something to claim.
    ///
    /// - Parameter claim: returns nil if the share has nothing that may run now.
    func firstClaim<Value>(
        _ rule: FairShareRule?, claim: (ClaimShare) throws -> Value?
    ) throws -> Value? {
        guard let rule else { return try claim(.all) }
        let slots = try runningByChapter()
        for priority in Priority.allCases.map(\.rawValue) {
            let names = try queuedChapters(priority)
            guard !names.isEmpty else { continue }
            let clock = try fairClock(priority)
            let chapters = try names.map { try chapter($0, priority, rule, slots) }
            for chapter in FairShare.order(chapters, clock: clock) {
                let share = ClaimShare(
                    index: "invocations_share", condition: "AND priority = ? AND coalesce(chapter, '') = ?",
                    arguments: [priority, chapter.name], priority: priority, chapter: chapter.name)
                guard let value = try claim(share) else { continue }
                try choose(chapter, priority, clock: clock)
                return value
            }
        }
        return nil
    }

    /// A turn's usage counts for the chapter's share and for the existing buckets of tokens.
    func chargeShares(of invocation: InvocationID, tokens: Int64) throws {
        guard tokens > 0 else { return }
        let owner = try db.first(
            "SELECT agent, coalesce(chapter, '') AS chapter, priority FROM invocations WHERE id = ?", [invocation]
        ) { row in
            (
                agent: try row["agent"] as String, chapter: try row["chapter"] as String,
                priority: try row["priority"] as Int
            )
        }
        guard let owner else { return }
        let share = try db.first(
            "SELECT vtime, weight FROM fair_share WHERE priority = ? AND chapter = ?",
            [owner.priority, owner.chapter]
        ) { row in (vtime: try row["vtime"] as Int64, weight: try row["weight"] as Int64) }
        if let share {
            let time = share.vtime.addingSaturated(FairShare.growth(tokens: tokens, weight: share.weight))
            try db.run(
                "UPDATE fair_share SET vtime = ? WHERE priority = ? AND chapter = ?",
                [time, owner.priority, owner.chapter])
        }
        // A bucket is named by its account, `@` and its policy; `A` follows `@`.
        for account in ["agent/\(owner.agent.lowercased())", "chapter/\(owner.chapter.lowercased())", "organization"] {
            try db.run(
                """
                UPDATE rate_buckets SET
                    spent = CASE WHEN spent + ?1 < ?4 THEN spent + ?1 ELSE ?4 END,
                    excess = CASE WHEN excess + ?1 < ?5 THEN excess + ?1 ELSE ?5 END
                WHERE name >= ?2 AND name < ?3 AND name LIKE '%/tokens'
                """,
                [
                    min(tokens, RateBounds.largestSpent), account + "@", account + "A", RateBounds.largestSpent,
                    RateBucket.largestExcess,
                ])
        }
        try db.rates.coverTokens(tokens, of: invocation)
    }

    // MARK: Rows

    private func chapter(
        _ name: String, _ priority: Int, _ rule: FairShareRule, _ slots: [String: (all: Int, byPriority: [Int: Int])]
    ) throws -> FairShare.Chapter {
        let time: Int64? = try db.value(
            "SELECT vtime FROM fair_share WHERE priority = ? AND chapter = ?", [priority, name])
        let key = name.lowercased()
        return FairShare.Chapter(
            name: name, virtualTime: time ?? 0, weight: Int64(rule.weights[key] ?? 1),
            running: slots[name]?.byPriority[priority] ?? 0, slots: slots[name]?.all ?? 0,
            guaranteed: FairShare.guaranteed(share: rule.guarantees[key] ?? 0, of: rule.slots))
    }

    /// The chapter is next: its time starts at the clock, and the clock advances to it.
    private func choose(_ chapter: FairShare.Chapter, _ priority: Int, clock: Int64) throws {
        let start = FairShare.start(chapter, clock: clock)
        try db.run(
            """
            INSERT INTO fair_share (priority, chapter, vtime, weight) VALUES (?, ?, ?, ?)
            ON CONFLICT (priority, chapter) DO UPDATE SET vtime = excluded.vtime, weight = excluded.weight
            """, [priority, chapter.name, start, chapter.weight])
        // One that went first by its guarantee may be far ahead; the others are not to lose by that.
        guard chapter.slots >= chapter.guaranteed else { return }
        try db.run(
            """
            INSERT INTO fair_clock (priority, vtime) VALUES (?, ?)
            ON CONFLICT (priority) DO UPDATE SET vtime = excluded.vtime
            """,
            [priority, start])
    }

    private func fairClock(_ priority: Int) throws -> Int64 {
        try db.value("SELECT vtime FROM fair_clock WHERE priority = ?", [priority]) ?? 0
    }

    /// The chapters that have something queued at a priority; those without a chapter are one, with an empty name. Each
    /// is one step down the index, however long its queue is.
    private func queuedChapters(_ priority: Int) throws -> [String] {
        try db.listed(
            """
            WITH RECURSIVE c(x) AS (
                SELECT min(coalesce(chapter, '')) FROM invocations INDEXED BY invocations_share
                    WHERE state = 'queued' AND priority = ?1
                UNION ALL
                SELECT (SELECT min(coalesce(chapter, '')) FROM invocations INDEXED BY invocations_share
                    WHERE state = 'queued' AND priority = ?1 AND coalesce(chapter, '') > x)
                FROM c WHERE x IS NOT NULL)
            SELECT x FROM c WHERE x IS NOT NULL
            """, [priority], as: String.self)
    }

    private func runningByChapter() throws -> [String: (all: Int, byPriority: [Int: Int])] {
        var running: [String: (all: Int, byPriority: [Int: Int])] = [:]
        let rows = try db.list(
            """
            SELECT coalesce(chapter, '') AS chapter, priority, count(*) AS runs FROM invocations
            WHERE lease_owner IS NOT NULL GROUP BY 1, 2
            """
        ) { row in
            try (chapter: row["chapter"] as String, priority: row["priority"] as Int, runs: row["runs"] as Int)
        }
        for row in rows {
            running[row.chapter, default: (0, [:])].all += row.runs
            running[row.chapter, default: (0, [:])].byPriority[row.priority, default: 0] += row.runs
        }
        return running
    }
}

private enum RateBounds {
    /// Tokens owed by a bucket at most.
    static let largestSpent: Int64 = 1_000_000_000_000
}
