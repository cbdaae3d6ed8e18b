import GRDB
import GuildDomain

/// The books' rows. All of these run inside the transaction of the thing that spends.
extension Database {
    /// Reserves on every account of the plan or on none.
    func reserve(
        _ plan: TurnPlan, for invocation: Invocation, owner: WorkerID, now: Timestamp
    ) throws -> Reservation {
        let plan = plan.bounded
        let standings = try plan.accounts.map { try standing(of: $0) }
        let output = try BudgetRule.grantedOutput(for: plan, on: standings.map(\.rule))
        let reservation = Reservation(
            id: ReservationID(now: now), input: plan.inputBound, output: output,
            cost: BudgetRule.boundCost(plan.prices, input: plan.inputBound, output: output))
        try cachedStatement(sql: "INSERT INTO reservations VALUES (?, ?, ?, ?, ?, 'held', ?, ?, ?, ?, NULL)")
            .execute(arguments: [
                reservation.id, invocation.id, plan.n, invocation.attempt, owner, reservation.input,
                reservation.output, reservation.cost, now,
            ])
        // An account may stand in the plan twice, with two limits; it holds the tokens once.
        for account in Set(standings.map(\.id)) {
            try cachedStatement(sql: "INSERT INTO reservation_accounts VALUES (?, ?)")
                .execute(arguments: [reservation.id, account])
            try cachedStatement(
                sql: "UPDATE accounts SET reserved = reserved + ?, reserved_cost = reserved_cost + ? WHERE id = ?"
            ).execute(arguments: [reservation.tokens, reservation.cost, account])
        }
        try post(
            "reserve", reservation, account: ownAccount(of: reservation.id), at: now,
            [("available", -reservation.tokens, -reservation.cost), ("held", reservation.tokens, reservation.cost)])
        return reservation
    }

    /// Ends a reservation with what was spent; nil releases it whole.
    ///
    /// - Returns: by how much the spending passed what was reserved.
    @discardableResult
    func settle(
        _ reservation: Reservation, spent: TokenUsage?, cost: Int64, estimated: Bool, now: Timestamp
    ) throws -> Overrun {
        let usage = spent ?? .zero
        let overrun = Overrun(
            tokens: max(0, usage.total - reservation.tokens), cost: max(0, cost - reservation.cost))
        try cachedStatement(
            sql: "UPDATE reservations SET state = ?, ended_at = ? WHERE id = ? AND state IN ('held', 'sent')"
        ).execute(arguments: [spent == nil ? "released" : "settled", now, reservation.id])
        guard changesCount == 1 else { throw LedgerFailure.fenced(what: "reservation \(reservation.id)") }
        try cachedStatement(
            sql: """
                UPDATE accounts SET reserved = reserved - ?, reserved_cost = reserved_cost - ?, used = used + ?,
                    used_cost = used_cost + ?
                WHERE id IN (SELECT account FROM reservation_accounts WHERE reservation = ?)
                """
        ).execute(arguments: [reservation.tokens, reservation.cost, usage.total, cost, reservation.id])
        var postings: [(String, Int64, Int64)] = [
            ("held", -reservation.tokens, -reservation.cost),
            ("available", reservation.tokens - usage.total, reservation.cost - cost),
        ]
        let classes = [
            ("input", usage.input), ("cache_read", usage.cacheRead), ("cache_write", usage.cacheWrite),
            ("output", usage.output), ("reasoning", usage.reasoning),
        ]
        for (name, tokens) in classes where tokens != 0 { postings.append(("spent:\(name)", tokens, 0)) }
        if cost != 0 { postings.append(("spent:cost", 0, cost)) }
        try post(
            spent == nil ? "release" : "settle", reservation, account: ownAccount(of: reservation.id), at: now,
            estimated: estimated, overrun: overrun, postings)
        return overrun
    }

    func openReservations(of invocation: InvocationID) throws -> [OpenReservation] {
        let statement = try cachedStatement(
            sql: "SELECT * FROM reservations WHERE invocation = ? AND state IN ('held', 'sent')")
        return try Row.fetchAll(statement, arguments: [invocation]).map { row in
            OpenReservation(
                reservation: Reservation(row: row), isSent: (row["state"] as String) == "sent", n: row["n"],
                attempt: row["attempt"])
        }
    }

    /// Adds a settled call to the hourly roll-up and its root's total.
    func rollUp(
        _ invocation: Invocation, model: String, usage: TokenUsage, cost: Int64, estimated: Bool, now: Timestamp
    ) throws {
        let hour = now.seconds.floorDivided(by: 3600).quotient
        try cachedStatement(
            sql: """
                INSERT INTO usage_rollups VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (hour, agent, chapter, model) DO UPDATE SET calls = calls + 1, input = input + excluded.input,
                    cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
                    output = output + excluded.output, reasoning = reasoning + excluded.reasoning,
                    cost = cost + excluded.cost, estimated = estimated + excluded.estimated
                """
        ).execute(arguments: [
            hour, invocation.agent, invocation.chapter ?? "", model, usage.input, usage.cacheRead, usage.cacheWrite,
            usage.output, usage.reasoning, cost, estimated ? usage.total : 0,
        ])
        try cachedStatement(
            sql: """
                INSERT INTO root_totals VALUES (?, 1, ?, ?, ?) ON CONFLICT (root) DO UPDATE SET calls = calls + 1,
                    tokens = tokens + excluded.tokens, cost = cost + excluded.cost, last_at = max(last_at, excluded.last_at)
                """
        ).execute(arguments: [invocation.root, usage.total, cost, now])
        try rollUp(root: invocation.root, hour: hour, usage: usage, cost: cost, estimated: estimated)
    }

    private func standing(of limit: AccountLimit) throws -> (id: Int64, rule: BudgetRule.Standing) {
        try cachedStatement(sql: "INSERT OR IGNORE INTO accounts (name) VALUES (?)").execute(arguments: [limit.account])
        let statement = try cachedStatement(sql: "SELECT * FROM accounts WHERE name = ?")
        guard let row = try Row.fetchOne(statement, arguments: [limit.account]) else {
            throw LedgerFailure.unusable(path: "account \(limit.account)", reason: "it is missing")
        }
        let rule = BudgetRule.Standing(
            limit: limit, used: row["used"], reserved: row["reserved"], usedCost: row["used_cost"],
            reservedCost: row["reserved_cost"])
        return (row["id"], rule)
    }

    /// The agent's own account, where the double entries stand; the others are counters.
    private func ownAccount(of reservation: ReservationID) throws -> Int64 {
        let id = try Int64.fetchOne(
            self,
            sql: """
                SELECT a.id FROM reservation_accounts r JOIN accounts a ON a.id = r.account
                WHERE r.reservation = ? ORDER BY a.name GLOB 'agent/*' DESC, a.id LIMIT 1
                """, arguments: [reservation])
        guard let id else {
            throw LedgerFailure.unusable(path: "reservation \(reservation)", reason: "it counts against no account")
        }
        return id
    }

    private func post(
        _ kind: String, _ reservation: Reservation, account: Int64, at now: Timestamp, estimated: Bool = false,
        overrun: Overrun = Overrun(), _ postings: [(book: String, tokens: Int64, cost: Int64)]
    ) throws {
        try cachedStatement(
            sql: """
                INSERT INTO entries (at, kind, reservation, estimated, overrun, overrun_cost) VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [now, kind, reservation.id, estimated, overrun.tokens, overrun.cost])
        let entry = lastInsertedRowID
        for posting in postings {
            try cachedStatement(sql: "INSERT INTO postings VALUES (?, ?, ?, ?, ?)")
                .execute(arguments: [entry, account, posting.book, posting.tokens, posting.cost])
        }
    }
}

/// A reservation that is neither settled nor released, and the turn that it is for.
struct OpenReservation {
    let reservation: Reservation
    let isSent: Bool
    let n: Int
    let attempt: Int
}

/// By how much a spending passed what was reserved for it.
struct Overrun {
    var tokens: Int64 = 0
    /// Micro-dollars.
    var cost: Int64 = 0

    var isAny: Bool { tokens > 0 || cost > 0 }
}

extension Reservation {
    init(row: Row) { self.init(id: row["id"], input: row["input"], output: row["output"], cost: row["cost"]) }
}
