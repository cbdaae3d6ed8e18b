package import GuildDomain

/// Buckets, windows and the queue as the ledger has them, inside one transaction.
struct LedgerBook: AdmissionBook {
    let db: LedgerTransaction
    /// The decided event, to which an opening window belongs. Nil if no window can open.
    let event: EventPlace?

    func bucket(_ charge: AdmissionTerms.Charge, now: Timestamp) throws -> RateBucket {
        let kept = try db.first(
            "SELECT level, at, spent, excess, reserved FROM rate_buckets WHERE name = ?", [charge.bucket]
        ) { row in
            (
                bucket: RateBucket(
                    level: try row["level"], at: try row["at"], excess: try row["excess"],
                    reserved: try row["reserved"]),
                spent: try row["spent"] as Int64
            )
        }
        guard let kept else { return .full(charge.rate, at: now) }
        // Usage since the last look is owed from now on.
        return kept.bucket.filled(charge.rate, at: now).taking(kept.spent)
    }

    func keep(_ bucket: RateBucket, of charge: AdmissionTerms.Charge) throws {
        try db.run(
            """
            INSERT INTO rate_buckets (name, level, at, spent, excess, reserved, full_at) VALUES (?, ?, ?, 0, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET level = excluded.level, at = excluded.at, spent = 0,
                excess = excluded.excess, reserved = excluded.reserved, full_at = excluded.full_at
            """,
            [
                charge.bucket, bucket.level, bucket.at, bucket.excess,
                bucket.reserved, charge.isOfSender ? bucket.fullAt(charge.rate) : nil,
            ])
        if charge.isOfSender { try db.rates.forgetFullBuckets(limit: Self.forgottenPerSender, now: bucket.at) }
    }

    /// Full buckets that each one of a sender takes away with it: more than it brings.
    private static let forgottenPerSender = 4

    func expectedTokens(of agent: String) throws -> Int64 { try db.rates.expectedTokens(of: agent) }

    func hold(of invocation: InvocationID, on bucket: String) throws -> TokenHold? {
        try db.rates.tokenHold(of: invocation, on: bucket)
    }

    func keep(_ hold: TokenHold, of invocation: InvocationID, on bucket: String) throws {
        try db.rates.keep(hold, of: invocation, on: bucket)
    }

    func giveBack(_ invocation: InvocationID) throws { try db.rates.giveBackTokens(of: invocation) }

    func window(_ place: WindowPlace) throws -> DebounceWindow? {
        try db.first(
            "SELECT * FROM debounces WHERE agent = ? AND rule = ? AND key = ?", [place.agent, place.rule, place.key],
            read: DebounceWindow.init)
    }

    func keep(_ window: DebounceWindow, at place: WindowPlace) throws {
        try db.run(
            """
            INSERT INTO debounces (agent, rule, key, invocation, event, root, priority, opened_at, due_at, max_at,
                events)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (agent, rule, key) DO UPDATE SET priority = excluded.priority, due_at = excluded.due_at,
                events = excluded.events
            """,
            [
                place.agent, place.rule, place.key, window.invocation, event?.id, event?.root, window.priority.rawValue,
                window.openedAt, window.dueAt, window.maxAt, window.events,
            ])
    }

    /// Counted only if an upper bound, the numbers between the first and the last of each priority, reaches `limit`.
    func queueDepth(upTo limit: Int) throws -> Int {
        let bound = try db.value("SELECT \(Self.queueBound)", as: Int.self) ?? 0
        guard bound >= limit else { return bound }
        return try db.value(
            "SELECT count(*) FROM (SELECT 1 FROM invocations WHERE state = 'queued' LIMIT ?) AS q", [limit]) ?? 0
    }

    private static let queueBound = Priority.allCases.map { priority in
        let queued = """
            SELECT seq FROM invocations INDEXED BY invocations_queue
            WHERE state = 'queued' AND priority = \(priority.rawValue) ORDER BY seq
            """
        return "coalesce((\(queued) DESC LIMIT 1) - (\(queued) LIMIT 1) + 1, 0)"
    }.joined(separator: " + ")

    func pause(of agent: String, now: Timestamp) throws -> String? {
        try db.agents.pause(of: agent, now: now).map { "\(agent) is \($0.text)" }
    }
}

extension DebounceWindow {
    init(row: LedgerRow) throws {
        try self.init(
            invocation: row["invocation"], openedAt: row["opened_at"], dueAt: row["due_at"], maxAt: row["max_at"],
            events: row["events"], priority: row["priority"])
    }
}

extension Decision {
    /// The invocation that the row names: its own, or the one that it joined.
    var named: InvocationID? {
        if let mergedInto { return mergedInto }
        switch outcome {
        case .dispatched, .deferred, .rateLimited: return invocation?.id
        case .merged, .unrouted, .invalid, .ownEvent, .loopStopped, .rejected, .overBudget, .paused, .blocked:
            return nil
        }
    }

    /// The decisions of one event after their invocations have passed their terms, or have not.
    package static func admitted(
        _ decisions: [Decision], in book: inout some AdmissionBook, now: Timestamp
    ) throws -> [Decision] {
        var admitted: [Decision] = []
        for decision in decisions { admitted.append(try decision.admitted(in: &book, after: admitted, now: now)) }
        return admitted
    }

    /// The decision after its invocation has passed its terms, or has not.
    ///
    /// - Parameter earlier: the event's other decisions so far; one that was merged into them follows them.
    func admitted(
        in book: inout some AdmissionBook, after earlier: [Decision] = [], now: Timestamp
    ) throws -> Decision {
        var decided = self
        guard outcome == .dispatched, let invocation, let terms else {
            let first = earlier.first { $0.agent == agent }
            if outcome == .merged, let target = first?.mergedInto {
                decided.reasons = ["merged into \(target)"]
            } else if outcome == .merged, let first, first.invocation != nil, !first.startsSomething {
                decided.reasons = ["merged into \(first.rule), which is \(first.outcome.rawValue)"]
            }
            return decided
        }
        let request = AdmissionRequest(
            invocation: invocation.id, agent: agent, rule: rule, priority: invocation.priority)
        switch try AdmissionRule.admit(request, terms, in: &book, now: now) {
        case .started: break
        case .opened(let window):
            decided.become(.deferred, "a window is open until \(window.dueAt.rfc3339)", until: window.dueAt)
        case .joined(let window):
            decided.become(.merged, "debounced into \(window.invocation), event \(window.events) of its window")
            decided.mergedInto = window.invocation
        case .delayed(let until, let reason):
            decided.become(.rateLimited, "\(reason); its slot is at \(until.rfc3339)", until: until)
        case .rejected(let until, let reason):
            decided.become(.rejected, "\(reason); try again after \(until.rfc3339)", until: until)
        case .paused(let reason): decided.become(.paused, reason)
        }
        return decided
    }

    private var startsSomething: Bool { [.dispatched, .deferred, .rateLimited].contains(outcome) }

    private mutating func become(_ outcome: Outcome, _ reason: String, until: Timestamp? = nil) {
        self.outcome = outcome
        self.until = until
        reasons.append(reason)
    }
}
