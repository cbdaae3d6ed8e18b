package import GuildDomain

extension DispatchLedger {
    /// A window that was opened this far in the future was opened before the clock was set back; it closes now.
    private static let clockTolerance = Duration.seconds(60)

    /// Windows that are due, the first due first. A damaged one is decided as invalid.
    ///
    /// - Parameter roots: only those of these; nil takes all.
    package func dueWindows(limit: Int, roots: [EventID]? = nil, now: Timestamp) async throws -> [OpenWindow] {
        let due = try await ledger.read { db in
            try db.dispatch.due(
                .window,
                """
                SELECT * FROM debounces WHERE (due_at <= ? OR opened_at > ?)
                AND \(RootFilter.condition("root", roots)) ORDER BY due_at LIMIT ?
                """, [now, now + Self.clockTolerance] + (roots ?? []) + [limit], read: OpenWindow.init)
        }
        try await end(due.damaged, now: now)
        return due.whole
    }

    /// Closes a window in one claim: its invocation is queued, or the `refusal` is recorded.
    ///
    /// - Parameters:
    ///   - commit: the codex that the invocation runs with, which is the present head.
    ///   - head: as for `decide`.
    ///   - refusal: why there is no invocation after all.
    /// - Returns: the decision, `invalid` if its event is missing from the ledger; nil if another dispatcher closed it, or
    ///   an event has deferred it since.
    package func closeWindow(
        _ open: OpenWindow, commit: String, head: String? = nil, refusal: Decision? = nil, now: Timestamp
    ) async throws -> Decision? {
        try await ledger.write { db in
            try db.codex.requireAccepted(head)
            let closed = try db.first(
                """
                DELETE FROM debounces WHERE invocation = ? AND (due_at <= ? OR opened_at > ?) RETURNING *
                """, [open.window.invocation, now, now + Self.clockTolerance], read: OpenWindow.init)
            guard let closed else { return nil }
            let event = EventPlace(id: closed.event, root: closed.root)
            let events = closed.window.events
            var decision = Decision(
                rule: closed.place.rule, agent: closed.place.agent, outcome: .dispatched,
                reasons: ["its window closed with \(events) event\(events == 1 ? "" : "s")"],
                invocation: NewInvocation(
                    id: closed.window.invocation, agent: closed.place.agent, chapter: closed.chapter,
                    priority: closed.window.priority))
            if try !db.dispatch.hasEvent(closed.event) {
                return try db.dispatch.endLost(decision, of: event, now: now)
            }
            if let refusal {
                decision.outcome = refusal.outcome
                decision.reasons += refusal.reasons
            } else if let pause = try db.agents.pause(of: closed.place.agent, now: now) {
                decision.outcome = .paused
                decision.reasons.append("\(closed.place.agent) is \(pause.text)")
            }
            try db.dispatch.record(decision, for: event, actor: "dispatcher", commit: commit, now: now)
            return decision
        }
    }

    /// Decisions whose slot has come, in the order of the slots. A damaged one is decided as invalid.
    ///
    /// - Parameter roots: only those of these; nil takes all.
    package func duePending(limit: Int, roots: [EventID]? = nil, now: Timestamp) async throws -> [PendingDecision] {
        let due = try await ledger.read { db in
            try db.dispatch.due(
                .decision,
                """
                SELECT * FROM pending_decisions WHERE due_at <= ? AND \(RootFilter.condition("root", roots))
                ORDER BY due_at, event LIMIT ?
                """, [now] + (roots ?? []) + [limit]
            ) { try PendingDecision(row: $0, reason: nil) }
        }
        try await end(due.damaged, now: now)
        return due.whole
    }

    /// Decides again what waited for its turn, in one claim.
    ///
    /// - Parameters:
    ///   - head: as `decide` has it.
    ///   - refusal: why there is no invocation after all.
    /// - Returns: what was decided, `invalid` if its event is missing from the ledger; nil if another dispatcher had done it.
    package func settlePending(
        _ pending: PendingDecision, commit: String, head: String? = nil, refusal: Decision? = nil, now: Timestamp
    ) async throws -> Decision? {
        try await ledger.write { db in
            try db.codex.requireAccepted(head)
            let claimed = try db.changes(
                "DELETE FROM pending_decisions WHERE event = ? AND rule = ? AND agent = ? AND due_at <= ?",
                [pending.event, pending.rule, pending.agent, now])
            guard claimed == 1 else { return nil }
            var decision = Decision(
                rule: pending.rule, agent: pending.agent, outcome: .dispatched, reasons: ["its slot came"],
                invocation: pending.invocation)
            decision.terms = pending.terms
            let event = EventPlace(id: pending.event, root: pending.root)
            if try !db.dispatch.hasEvent(pending.event) {
                return try db.dispatch.endLost(decision, of: event, now: now)
            }
            if let refusal {
                decision.outcome = refusal.outcome
                decision.reasons += refusal.reasons
            }
            var book = LedgerBook(db: db, event: event)
            let decided = try decision.admitted(in: &book, now: now)
            try db.dispatch.record(decided, for: event, actor: "dispatcher", commit: commit, now: now)
            return decided
        }
    }

    /// When the dispatcher has next something to do without being told; nil when nothing waits for a time.
    package func nextTime(now: Timestamp) async throws -> Timestamp? {
        try await ledger.read { db in
            try db.value(
                """
                SELECT min(t) FROM (SELECT min(due_at) AS t FROM debounces
                    UNION ALL SELECT min(due_at) FROM pending_decisions
                    UNION ALL SELECT min(available_at) FROM messages
                        WHERE topic = 'inbound' AND available_at > ?1
                    UNION ALL SELECT available_at FROM (SELECT available_at FROM messages
                        WHERE topic >= 'held:' AND topic < 'held;' ORDER BY topic, seq LIMIT 1) AS held
                        WHERE available_at > ?1) AS t
                """, [now], as: Timestamp.self)
        }
    }

    /// The events that an invocation combines besides its own, in order and with their payloads: none for most.
    ///
    /// - Parameter limit: the number of newest ones.
    /// - Returns: also their total number, its own among them.
    package func mergedEvents(
        of invocation: InvocationID, limit: Int
    ) async throws -> (events: [Event], count: Int) {
        let (rows, count) = try await ledger.read { db in
            let rows = try db.all(
                """
                SELECT e.* FROM merged_events m JOIN events e ON e.id = m.event WHERE m.invocation = ?
                ORDER BY m.n DESC LIMIT ?
                """, [invocation, limit]
            ) { row in (try Event(row: row), try row.storedBody("body", "body_ref")) }
            let count = try db.value(
                "SELECT count(*) FROM merged_events WHERE invocation = ?", [invocation], as: Int.self)
            return (rows, count ?? 0)
        }
        let events = try rows.reversed().map(ledger.bodies.whole)
        return (events, count)
    }
}
