import GuildDomain

/// How the slots of a priority are divided between chapters.
package struct FairShareRule: Sendable, Hashable {
    /// By chapter, in lower case; 1 where nothing is said.
    package var weights: [String: Int]
    /// Fractions of the slots, by chapter, in lower case.
    package var guarantees: [String: Double]
    /// The slots that the fractions are of.
    package var slots: Int

    package init(weights: [String: Int] = [:], guarantees: [String: Double] = [:], slots: Int) {
        self.weights = weights
        self.guarantees = guarantees
        self.slots = slots
    }
}

/// What a claim is limited to: one chapter at one priority, or nothing.
struct ClaimShare {
    /// The index that serves the condition.
    var index: String
    var condition: String
    var arguments: [(any Storable)?]
    var priority: Int?
    var chapter = ""

    static var all: ClaimShare { ClaimShare(index: "invocations_queue", condition: "", arguments: []) }
}

extension LedgerTransaction {
    /// The shares that a claim tries, in order, until one has something to claim.
    ///
    /// - Parameter claim: returns nil where the share has nothing that may run now.
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

    /// What a turn used counts for the chapter's share and for the buckets of tokens that there are.
    func chargeShares(of invocation: InvocationID, tokens: Int64) throws {
        guard tokens > 0 else { return }
        let row = try first("SELECT agent, coalesce(chapter, '') AS chapter, priority FROM invocations WHERE id = ?", [invocation]) { FIXME($0) }
        guard let row else { return }
        let (agent, chapter, priority): (String, String, Int) = try (row["agent"], row["chapter"], row["priority"])
        let share = try first(
            "SELECT vtime, weight FROM fair_share WHERE priority = ? AND chapter = ?",
            [priority, chapter]
        ) { try (vtime: try $0[0] as Int64, weight: ($0[1] as Int64?) ?? 1) }
        if let share {
            let time = share.vtime.addingSaturated(FairShare.growth(tokens: tokens, weight: share.weight))
            try run(
                "UPDATE fair_share SET vtime = ? WHERE priority = ? AND chapter = ?",
                [time, priority, chapter])
        }
        // A bucket is named by its account, `@` and its policy; `A` follows `@`.
        for account in ["agent/\(agent.lowercased())", "chapter/\(chapter.lowercased())", "organization"] {
            try run(
                """
                UPDATE rate_buckets SET spent = min(spent + ?1, \(RateBounds.largestSpent)),
                    excess = min(excess + ?1, \(RateBucket.largestExcess))
                WHERE name >= ?2 AND name < ?3 AND name LIKE '%/tokens'
                """, [min(tokens, RateBounds.largestSpent), account + "@", account + "A"])
        }
        try coverTokens(tokens, of: invocation)
    }

    // MARK: Rows

    private func chapter(
        _ name: String, _ priority: Int, _ rule: FairShareRule, _ slots: [String: (all: Int, byPriority: [Int: Int])]
    ) throws -> FairShare.Chapter {
        let time = try first(
            "SELECT vtime FROM fair_share WHERE priority = ? AND chapter = ?", [priority, name]
        ) { try $0[0] as Int64 }
        let key = name.lowercased()
        return FairShare.Chapter(
            name: name, virtualTime: time ?? 0, weight: Int64(rule.weights[key] ?? 1),
            running: slots[name]?.byPriority[priority] ?? 0, slots: slots[name]?.all ?? 0,
            guaranteed: FairShare.guaranteed(share: rule.guarantees[key] ?? 0, of: rule.slots))
    }

    /// The chapter goes next: its time starts at the clock, and the clock goes on to it.
    private func choose(_ chapter: FairShare.Chapter, _ priority: Int, clock: Int64) throws {
        let start = FairShare.start(chapter, clock: clock)
        try run(
            """
            INSERT INTO fair_share (priority, chapter, vtime, weight) VALUES (?, ?, ?, ?)
            ON CONFLICT (priority, chapter) DO UPDATE SET vtime = excluded.vtime, weight = excluded.weight
            """, [priority, chapter.name, start, chapter.weight])
        // One that went first by its guarantee may be far ahead; the others are not to lose by that.
        guard chapter.slots >= chapter.guaranteed else { return }
        try run(
            "INSERT OR REPLACE INTO fair_clock (priority, vtime) VALUES (?, ?)",
            [priority, start])
    }

    private func fairClock(_ priority: Int) throws -> Int64 {
        try first("SELECT vtime FROM fair_clock WHERE priority = ?", [priority]) {
            try $0[0] as Int64
        } ?? 0
    }

    /// The chapters that have something queued at a priority; those without a chapter are one, with an empty name. Each
    /// is one step down the index, however long its queue is.
    private func queuedChapters(_ priority: Int) throws -> [String] {
        try column("""
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
        let rows = try all("""
                    SELECT coalesce(chapter, '') AS chapter, priority, count(*) AS runs FROM invocations
                    WHERE lease_owner IS NOT NULL GROUP BY 1, 2
                    """) { FIXME($0) }
        for row in rows {
            let (chapter, priority, runs): (String, Int, Int) = try (row["chapter"], row["priority"], row["runs"])
            running[chapter, default: (0, [:])].all += runs
            running[chapter, default: (0, [:])].byPriority[priority, default: 0] += runs
        }
        return running
    }
}

private enum RateBounds {
    /// Tokens owed by a bucket at most.
    static let largestSpent: Int64 = 1_000_000_000_000
}
