import GRDB
import GuildDomain

/// The caps on an agent's actions. All of this runs inside the transaction that inserts the action or records a person's
/// decision: writers take turns, so two runs of one agent cannot both take the last place under a cap.
extension Database {
    private static let hour = Duration.seconds(3600)
    private static let day = Duration.seconds(24 * 3600)
    /// How long what an approval released and nobody used stays released.
    private static let releaseLasts = Duration.seconds(24 * 3600)
    /// Waiting actions that one approval looks at; those behind them wait for the next.
    private static let releaseSteps = 20_000

    /// Lets an action pass every cap, each by a place that is free or by one that a person released; where one has
    /// neither, nothing is taken.
    ///
    /// - Returns: the cap that the action waits at; nil where it may go out and counts from now on.
    func capHolding(
        _ invocation: InvocationID, of agent: String, countsOn subject: String?, _ caps: ActionCaps, now: Timestamp
    ) throws -> CapHold? {
        let at = try capTime(of: agent, now: now)
        var released: [ActionCap] = []
        for cap in ActionCap.allCases {
            let limit = caps[cap]
            if try isUnder(cap, limit.count, invocation, of: agent, countsOn: subject, at: at) { continue }
            guard try openRelease(agent, cap, at: at) != nil else { return CapHold(cap, limit) }
            released.append(cap)
        }
        for cap in released {
            guard let release = try openRelease(agent, cap, at: at) else { continue }
            try run("UPDATE cap_releases SET remaining = remaining - 1 WHERE id = ?", [.integer(release)])
        }
        return nil
    }

    /// From now on the action counts; one that counts already is left as it is.
    func count(_ action: ActionID, of agent: String, now: Timestamp) throws {
        try run(
            "UPDATE actions SET counted_at = ? WHERE id = ? AND counted_at IS NULL",
            [.time(try capTime(of: agent, now: now)), .id(action)])
    }

    /// The instant by which an agent's actions count: budget time, and never before what it has counted already, so that
    /// a clock that is set back reopens nothing.
    func capTime(of agent: String, now: Timestamp) throws -> Timestamp {
        let last = try first(
            """
            SELECT counted_at FROM actions INDEXED BY actions_counted
            WHERE agent = ? AND counted_at IS NOT NULL ORDER BY counted_at DESC LIMIT 1
            """, [.text(agent)]
        ) { $0.integer(0) ?? 0 }
        let clock = try budgetClock(now).now
        return max(clock, last.map { Timestamp(microseconds: $0) } ?? clock)
    }

    private func isUnder(
        _ cap: ActionCap, _ limit: Int64, _ invocation: InvocationID, of agent: String, countsOn subject: String?,
        at: Timestamp
    ) throws -> Bool {
        guard limit < .max else { return true }
        let (source, values): (String, [StoredValue])
        switch cap {
        case .perInvocation:
            (source, values) = (
                "actions INDEXED BY actions_invocation WHERE invocation = ? AND counted_at IS NOT NULL",
                [.id(invocation)]
            )
        case .perHour:
            (source, values) = (
                "actions INDEXED BY actions_counted WHERE agent = ? AND counted_at > ?",
                [.text(agent), .time(at - Self.hour)]
            )
        case .perSubjectPerDay:
            guard let subject else { return true }
            (source, values) = (
                "actions INDEXED BY actions_counted_on WHERE agent = ? AND counts_on = ? AND counted_at > ?",
                [.text(agent), .text(subject), .time(at - Self.day)]
            )
        }
        // Counted no further than to the cap, whatever a lowered one has behind it.
        let used = try first(
            "SELECT count(*) FROM (SELECT 1 FROM \(source) LIMIT ?)", values + [.integer(limit)]
        ) { $0.integer(0) ?? 0 }
        return (used ?? 0) < limit
    }

    /// The release that expires first and has something left.
    private func openRelease(_ agent: String, _ cap: ActionCap, at: Timestamp) throws -> Int64? {
        try first(
            """
            SELECT id FROM cap_releases INDEXED BY cap_releases_open
            WHERE agent = ? AND cap = ? AND expires_at > ? AND remaining > 0 ORDER BY expires_at LIMIT 1
            """, [.text(agent), .text(cap.rawValue), .time(at)]
        ) { $0.integer(0) ?? 0 }
    }

    // MARK: A person's approval

    /// What an approval of an action past a cap brings: one more allotment of that cap. The action itself has its first
    /// place; the others that wait at the cap follow, the oldest first, and what is left serves the next ones for 24 h.
    ///
    /// - Returns: how many others follow, how much is left, and until when.
    func release(
        _ approved: Action, _ hold: CapHold, actor: String, waitUntil: Timestamp, now: Timestamp
    ) throws -> (followers: Int, left: Int64, until: Timestamp) {
        let agent = approved.agent
        let at = try capTime(of: agent, now: now)
        let until = at + Self.releaseLasts
        try run("DELETE FROM cap_releases WHERE expires_at <= ?", [.time(at)])
        let others = max(0, hold.limit.count - 1)
        try run(
            """
            INSERT INTO cap_releases (at, agent, cap, action, actor, granted, remaining, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .time(at), .text(agent), .text(hold.cap.rawValue), .id(approved.id), .text(actor), .integer(others),
                .integer(others), .time(until),
            ])
        let release = lastInsertedRowID
        let followers = try admitWaiting(
            behind: approved, hold.cap, release: release, actor: actor, waitUntil: waitUntil, now: now)
        let left = try first("SELECT remaining FROM cap_releases WHERE id = ?", [.integer(release)]) { $0.integer(0) }
        return (followers, left.flatMap(\.self) ?? 0, until)
    }

    private func admitWaiting(
        behind approved: Action, _ cap: ActionCap, release: Int64, actor: String, waitUntil: Timestamp, now: Timestamp
    ) throws -> Int {
        var followers = 0
        for _ in 0..<Self.releaseSteps {
            let row = try Row.fetchOne(
                cachedStatement(
                    sql: """
                        SELECT * FROM actions INDEXED BY actions_capped
                        WHERE agent = ? AND held_by = ? AND state = 'awaiting' ORDER BY seq LIMIT 1
                        """), arguments: [approved.agent, cap.rawValue])
            guard let row else { break }
            let action = Action(row: row)
            let caps = ActionCaps(json: row.json("caps"))
            let next = try capHolding(
                action.invocation, of: action.agent, countsOn: row["counts_on"], caps, now: now)
            if next?.cap == cap { break }
            if let next {
                // It has passed this cap, and another one has no room: it waits there.
                try run("UPDATE actions SET held_by = ? WHERE id = ?", [.text(next.cap.rawValue), .id(action.id)])
                continue
            }
            try count(action.id, of: action.agent, now: now)
            try run(
                "UPDATE actions SET state = 'queued', available_at = ? WHERE id = ?", [.time(now), .id(action.id)])
            let reason = "released with \(approved.id)"
            try execute(
                sql: """
                    INSERT INTO approvals (action, decided_at, decision, actor, reason, release)
                    VALUES (?, ?, 'approved', ?, ?, ?)
                    """, arguments: [action.id, now, actor, reason, release])
            try appendAudit(
                action.entry(
                    .approvalDecided, actor: actor, now: now,
                    [
                        "decision": "approved", "reason": .string(reason), "cap": .string(cap.key),
                    ]))
            try wakeIfNothingPends(action.invocation, waitUntil: waitUntil, now: now)
            followers += 1
        }
        return followers
    }

    /// Whether an approval of another action has let this one out.
    func isReleased(_ action: ActionID) throws -> Bool {
        try first("SELECT 1 FROM approvals WHERE action = ? AND release IS NOT NULL", [.id(action)]) { _ in true }
            ?? false
    }
}
