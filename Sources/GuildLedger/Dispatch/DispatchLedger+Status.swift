package import GuildDomain

extension DispatchLedger {
    /// - Parameter limit: windows and pending decisions that are listed one by one; all are counted.
    package func status(limit: Int, now: Timestamp) async throws -> DispatchStatus {
        try await ledger.read { db in
            let rows = try db.list(
                """
                SELECT priority, count(*) AS queued, sum(CASE WHEN available_at > ?1 THEN 1 ELSE 0 END) AS delayed, 0 AS running, 0 AS paused
                    FROM invocations WHERE state = 'queued' GROUP BY 1
                UNION ALL SELECT priority, 0, 0, count(*), 0 FROM invocations
                    WHERE lease_owner IS NOT NULL GROUP BY 1
                UNION ALL SELECT priority, 0, 0, 0, count(*) FROM invocations
                    WHERE wait_reason = 'preempted' GROUP BY 1
                """, [now]
            ) { row in
                (
                    priority: try row["priority"] as Priority, queued: try row["queued"] as Int,
                    delayed: try row["delayed"] as Int, running: try row["running"] as Int,
                    paused: try row["paused"] as Int
                )
            }
            let queues = Priority.allCases.map { priority in
                let mine = rows.filter { $0.priority == priority }
                return DispatchStatus.Queue(
                    priority: priority, queued: mine.reduce(0) { $0 + $1.queued },
                    delayed: mine.reduce(0) { $0 + $1.delayed },
                    running: mine.reduce(0) { $0 + $1.running }, paused: mine.reduce(0) { $0 + $1.paused })
            }
            func count(_ sql: String) throws -> Int { try db.value(sql, as: Int.self) ?? 0 }
            return DispatchStatus(
                queues: queues, windows: try db.dispatch.openWindows(limit: limit),
                windowCount: try count("SELECT count(*) FROM debounces"),
                pending: try db.list(
                    """
                    SELECT *, \(DispatchStatements.newestReasons) AS reasons
                    FROM pending_decisions p ORDER BY due_at LIMIT \(limit)
                    """
                ) { row in try PendingDecision(row: row, reason: row.explanations("reasons").last) },
                pendingCount: try count("SELECT count(*) FROM pending_decisions"),
                pendingOfSenders: try db.dispatch.pendingOfSenders(),
                deadLetters: try db.dispatch.deadLetterCount(),
                running: Dictionary(
                    try db.list("SELECT agent, count(*) FROM invocations WHERE lease_owner IS NOT NULL GROUP BY agent")
                    {
                        row in
                        (try row[0] as String, try row[1] as Int)
                    }
                ) { first, _ in first })
        }
    }

    /// Names of the buckets of senders that are not full: those that fill last come first.
    package func senderBuckets(limit: Int, now: Timestamp) async throws -> [String] {
        try await ledger.read { try $0.rates.senderBuckets(limit: limit, now: now) }
    }

    /// How full the bucket of each charge is now.
    package func rateStandings(_ charges: [AdmissionTerms.Charge], now: Timestamp) async throws -> [RateStanding] {
        try await ledger.read { db in
            let book = LedgerBook(db: db, event: nil)
            return try charges.map { RateStanding(charge: $0, bucket: try book.bucket($0, now: now)) }
        }
    }

}

extension ReportLedger {
    /// Runs of an agent that its mean looks at, the newest.
    private static let runsPerMean = 200

    /// The mean usage of an agent's runs, among its newest 200 those that have ended and called a model: tokens and
    /// micro-dollars. Nil if none has.
    package func meanUse(
        of agent: String
    ) async throws -> (tokens: Int64, costMicrodollars: Int64, runs: Int)? {
        try await ledger.read { db in
            let sum = try db.first(
                """
                SELECT count(*) AS runs, sum(cost) AS cost, sum(tokens) AS tokens FROM (
                    SELECT ended_at, cost, input + cache_read + cache_write + output + reasoning AS tokens
                    FROM invocations INDEXED BY invocations_agent WHERE agent = ? ORDER BY seq DESC LIMIT ?) AS last
                WHERE ended_at IS NOT NULL AND tokens > 0
                """, [agent, Self.runsPerMean]
            ) { row in
                (runs: try row["runs"] as Int64, tokens: try row["tokens"] as Int64?, cost: try row["cost"] as Int64?)
            }
            guard let sum, sum.runs > 0, let tokens = sum.tokens, let cost = sum.cost else { return nil }
            return (tokens / sum.runs, cost / sum.runs, Int(sum.runs))
        }
    }

    /// How far the clock may have been set back when searching for the first event.
    private static let stepBack = Duration.seconds(60)

    /// A page of recorded events in the order in which they came, with the last outcome recorded for each rule
    /// and agent.
    ///
    /// - Parameter after: the number of the last one of the page before; 0 begins at `since`, found by halving. Where the
    ///   clock was set back by more than a minute, some that came about then may be missing.
    package func recordedEvents(
        since: Timestamp, after: Int64, limit: Int
    ) async throws -> [RecordedEvent] {
        let rows = try await ledger.read { db in
            let last = after == 0 ? try db.dispatch.lastEvent(before: since - Self.stepBack) : after
            return try db.list(
                """
                SELECT * FROM events WHERE seq > ? AND received_at >= ? ORDER BY seq LIMIT ?
                """, [last, since, limit]
            ) { row in
                let decided = try db.list(
                    """
                    SELECT agent, outcome, final FROM decisions d WHERE event = ? AND revision = (SELECT max(revision)
                        FROM decisions WHERE event = d.event AND rule = d.rule AND agent = d.agent)
                    """, [try row["id"] as EventID]
                ) { row in
                    try RecordedEvent.Outcome(agent: row["agent"], outcome: row["outcome"], isFinal: row["final"])
                }
                return try (
                    row["seq"] as Int64, row["received_at"] as Timestamp, try Event(row: row),
                    row.storedBody("body", "body_ref"), row["erased_at"] as Timestamp? != nil, decided
                )
            }
        }
        return try rows.map { seq, receivedAt, event, stored, isErased, decisions in
            var event = event
            var isDamaged = false
            do {
                if !isErased { event = try ledger.bodies.whole(event, stored) }
            } catch is RowFault {
                // The others can still be tried.
                isDamaged = true
            }
            return RecordedEvent(
                seq: seq, receivedAt: receivedAt, event: event, isErased: isErased, isDamaged: isDamaged,
                outcomes: decisions)
        }
    }
}

extension DispatchStatements {
    /// The number after which events were received at `instant` or later; 0 if all were. The search takes as many reads
    /// as the numbers have binary digits.
    func lastEvent(before instant: Timestamp) throws -> Int64 {
        let oldest: Int64? = try db.value("SELECT min(seq) FROM events")
        let newest: Int64? = try db.value("SELECT max(seq) FROM events")
        guard let oldest, let newest, oldest > 0 else { return 0 }
        var low = oldest - 1
        var high = newest
        while low < high {
            // Rounded up; of the numbers up to `middle` the last that is there decides.
            let middle = low + (high - low + 1) / 2
            let received: Timestamp? = try db.value(
                "SELECT received_at FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT 1", [middle])
            if let received, received < instant {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }

    /// The reasons of the newest decision about a row of `pending_decisions p`; the last one says what it waits for.
    fileprivate static let newestReasons = """
        (SELECT reasons FROM decisions d WHERE d.event = p.event AND d.rule = p.rule AND d.agent = p.agent
        ORDER BY d.revision DESC LIMIT 1)
        """

    /// The pending decisions that wait because of the senders of their events.
    fileprivate func pendingOfSenders() throws -> Int {
        var count = 0
        try db.each("SELECT \(Self.newestReasons) AS reasons FROM pending_decisions p") { row in
            if try row.explanations("reasons").last?.hasPrefix("sender/") ?? false { count += 1 }
        }
        return count
    }

    func deadLetterCount() throws -> Int {
        try db.value(
            """
            SELECT count(*) FROM invocations INDEXED BY invocations_dead WHERE state IN ('failed', 'expired')
            AND id NOT IN (SELECT invocation FROM dropped_letters)
            """, as: Int.self) ?? 0
    }
}
