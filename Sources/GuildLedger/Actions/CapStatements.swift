import GuildDomain

/// The caps on an agent's actions. All of this runs inside the transaction that inserts the action or records a
/// person's decision: writers alternate, so two runs of one agent cannot both take the last place under a cap.
struct CapStatements {
    let db: LedgerTransaction

    private static let hour = Duration.seconds(3600)
    private static let day = Duration.seconds(24 * 3600)
    /// How long a released but unused allotment stays available.
    private static let releaseLasts = Duration.seconds(24 * 3600)
    /// The waiting actions that one approval examines; those after them wait for the next.
    private static let releaseSteps = 20_000

    /// Lets an action pass every cap, each by a free place or by one that a person released; if one has neither,
    /// nothing is taken.
    ///
    /// - Parameter passed: a cap that it has passed already.
    /// - Returns: the cap that the action waits at; nil if it may proceed, and counts from now on.
    func capHolding(
        _ invocation: InvocationID, of agent: String, countsOn subject: String?, _ caps: ActionCaps,
        beyond passed: ActionCap? = nil, now: Timestamp
    ) throws -> CapHold? {
        let at = try capTime(of: agent, now: now)
        var released: [Int64] = []
        for cap in ActionCap.allCases where cap != passed {
            let limit = caps[cap]
            guard limit.count < .max, let scope = CapScope(cap, invocation: invocation, countsOn: subject) else {
                continue
            }
            // Counted only up to the cap, however many there are beyond a lowered one.
            if try used(scope, of: agent, at: at, upTo: limit.count) < limit.count { continue }
            guard let release = try openRelease(agent, scope, cap, at: at) else { return CapHold(cap, limit) }
            released.append(release)
        }
        for release in released { try use(release) }
        return nil
    }

    private func use(_ release: Int64) throws {
        try db.run("UPDATE cap_releases SET remaining = remaining - 1 WHERE id = ?", [release])
    }

    /// From now on the action counts; one that counts already is left as it is.
    func count(_ action: ActionID, of agent: String, now: Timestamp) throws {
        try db.run(
            "UPDATE actions SET counted_at = ? WHERE id = ? AND counted_at IS NULL",
            [try capTime(of: agent, now: now), action])
    }

    /// The instant by which an agent's actions count: budget time, and never before what it has counted already, so that
    /// a clock that is set back reopens nothing.
    func capTime(of agent: String, now: Timestamp) throws -> Timestamp {
        let last: Timestamp? = try db.value(
            """
            SELECT counted_at FROM actions INDEXED BY actions_counted
            WHERE agent = ? AND counted_at IS NOT NULL ORDER BY counted_at DESC LIMIT 1
            """, [agent])
        let clock = try db.accounts.budgetClock(now).now
        return max(clock, last ?? clock)
    }

    /// How many actions count in a scope now; no more than `limit` are counted.
    func used(_ scope: CapScope, of agent: String, at: Timestamp, upTo limit: Int64) throws -> Int64 {
        let source: String
        let values: [(any Storable)?]
        switch scope {
        case .run(let invocation):
            source = "actions INDEXED BY actions_invocation WHERE invocation = ? AND counted_at IS NOT NULL"
            values = [invocation]
        case .agent:
            source = "actions INDEXED BY actions_counted WHERE agent = ? AND counted_at > ?"
            values = [agent, at - Self.hour]
        case .subject(let subject):
            source = "actions INDEXED BY actions_counted_on WHERE agent = ? AND counts_on = ? AND counted_at > ?"
            values = [agent, subject, at - Self.day]
        }
        return try db.value("SELECT count(*) FROM (SELECT 1 FROM \(source) LIMIT ?) AS counted", values + [limit]) ?? 0
    }

    /// The release that expires first and has something left.
    private func openRelease(_ agent: String, _ scope: CapScope, _ cap: ActionCap, at: Timestamp) throws -> Int64? {
        try db.value(
            """
            SELECT id FROM cap_releases INDEXED BY cap_releases_open
            WHERE agent = ? AND cap = ? AND scope = ? AND expires_at > ? AND remaining > 0 ORDER BY expires_at LIMIT 1
            """, [agent, cap.rawValue, scope.key, at])
    }

    // MARK: A person's approval

    /// The effect of approving an action past a cap: one more allotment of that cap, for the actions that the cap
    /// counts together and no others. The action itself has the first place; the others that wait there follow, the
    /// oldest first, and the rest of the allotment serves the next ones for 24 h.
    func release(
        _ approved: Action, _ hold: CapHold, actor: String, waitUntil: Timestamp, now: Timestamp
    ) throws -> CapGrant? {
        let agent = approved.agent
        guard let scope = approved.scope(of: hold.cap) else { return nil }
        let at = try capTime(of: agent, now: now)
        let until = at + Self.releaseLasts
        try db.run("DELETE FROM cap_releases WHERE expires_at <= ?", [at])
        let others = Int64(hold.others)
        let release: Int64? = try db.value(
            """
            INSERT INTO cap_releases (at, agent, cap, scope, action, actor, granted, remaining, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
            """,
            [
                at, agent, hold.cap.rawValue, scope.key, approved.id, actor,
                others, others, until,
            ])
        guard let release else { return nil }
        var followers: [Action] = []
        var last: Int64?
        for _ in 0..<Self.releaseSteps where followers.count < hold.others {
            guard let (seq, action, caps) = try waiting(approved, at: hold.cap, scope, after: last) else { break }
            last = seq
            let next = try capHolding(
                action.invocation, of: agent, countsOn: action.countsOn, caps, beyond: hold.cap, now: now)
            if let next {
                // It has passed this cap, and another one has no room: it waits there.
                try db.run("UPDATE actions SET held_by = ? WHERE id = ?", [next.cap.rawValue, action.id])
                continue
            }
            try use(release)
            try letOut(action, with: approved, hold.cap, release, actor: actor, waitUntil: waitUntil, now: now)
            followers.append(action)
        }
        return CapGrant(
            agent: agent, hold: hold, scope: scope, followers: followers, left: others - Int64(followers.count),
            until: until)
    }

    /// The next action, by age, that waits at the same place as an approved one.
    private func waiting(
        _ approved: Action, at cap: ActionCap, _ scope: CapScope, after last: Int64?
    ) throws -> (seq: Int64, action: Action, caps: ActionCaps)? {
        try db.first(
            "\(Self.waitingInScope) AND id <> ? AND seq > ? ORDER BY seq LIMIT 1",
            Self.arguments(approved.agent, cap, scope) + [approved.id, last ?? -1]
        ) { row in try (row["seq"], Action(row: row), ActionCaps(json: row.json("caps"))) }
    }

    private static let waitingInScope = """
        SELECT * FROM actions INDEXED BY actions_capped WHERE agent = ? AND held_by = ? AND state = 'awaiting'
        AND (invocation = ? OR counts_on = ? OR CAST(? AS BIGINT) = 1)
        """

    private static func arguments(_ agent: String, _ cap: ActionCap, _ scope: CapScope) -> [(any Storable)?] {
        let (run, subject): (InvocationID?, String?) =
            switch scope {
            case .run(let invocation): (invocation, nil)
            case .agent: (nil, nil)
            case .subject(let subject): (nil, subject)
            }
        return [agent, cap.rawValue, run, subject, scope == .agent]
    }

    /// The actions that wait in a scope, the oldest first.
    func waiting(_ agent: String, at cap: ActionCap, _ scope: CapScope, limit: Int) throws -> [Action] {
        try db.list(
            "\(Self.waitingInScope) ORDER BY seq LIMIT ?", Self.arguments(agent, cap, scope) + [limit],
            read: Action.init)
    }

    private func letOut(
        _ action: Action, with approved: Action, _ cap: ActionCap, _ release: Int64, actor: String,
        waitUntil: Timestamp, now: Timestamp
    ) throws {
        try count(action.id, of: action.agent, now: now)
        try db.run("UPDATE actions SET state = 'queued', available_at = ? WHERE id = ?", [now, action.id])
        let reason = "released with \(approved.id)"
        try db.run(
            """
            INSERT INTO approvals (action, decided_at, decision, actor, reason, release)
            VALUES (?, ?, 'approved', ?, ?, ?)
            """, [action.id, now, actor, reason, release])
        try db.audit.append(
            action.entry(
                .approvalDecided, actor: actor, now: now,
                ["decision": "approved", "reason": .string(reason), "cap": .string(cap.key)]))
        try db.invocations.wakeIfNothingPends(action.invocation, waitUntil: waitUntil, now: now)
    }

    /// Whether an approval of another action has let this one out.
    func isReleased(_ action: ActionID) throws -> Bool {
        try db.holds("SELECT EXISTS (SELECT 1 FROM approvals WHERE action = ? AND release IS NOT NULL)", [action])
    }
}
