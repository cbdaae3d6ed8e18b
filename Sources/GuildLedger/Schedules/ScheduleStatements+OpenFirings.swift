import GuildDomain

/// The firings of a schedule that are still active, for the overlap policies.
extension ScheduleStatements {
    /// Whether its event is undecided, an invocation of it or one that it was debounced into has not begun or not ended, or
    /// a decision is not final yet. An undecided event has its message; retention may delete the decision of others.
    private func isOpen(_ firing: OpenFiring) throws -> Bool {
        try db.holds(
            """
            SELECT EXISTS (SELECT 1 FROM messages WHERE seq = ?2)
                OR EXISTS (SELECT 1 FROM invocations WHERE event = ?1
                    AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
                OR EXISTS (SELECT 1 FROM decisions d WHERE d.event = ?1 AND d.final = 0 AND NOT EXISTS (
                    SELECT 1 FROM decisions later WHERE later.event = ?1 AND later.rule = d.rule
                        AND later.agent = d.agent AND later.revision > d.revision))
                OR EXISTS (SELECT 1 FROM merged_events m JOIN debounces d ON d.invocation = m.invocation
                    WHERE m.event = ?1)
                OR EXISTS (SELECT 1 FROM merged_events m JOIN invocations i ON i.id = m.invocation
                    WHERE m.event = ?1 AND i.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
            """, [firing.event, firing.message])
    }

    /// - Returns: the firings of the schedule by whether they are still at work.
    func openFirings(of schedule: String) throws -> (open: [OpenFiring], ended: [OpenFiring]) {
        let all = try db.list("SELECT event, message FROM open_firings WHERE schedule = ?", [schedule]) { row in
            try OpenFiring(event: row["event"], message: row["message"])
        }
        var open: [OpenFiring] = []
        var ended: [OpenFiring] = []
        for firing in all {
            if try isOpen(firing) { open.append(firing) } else { ended.append(firing) }
        }
        return (open, ended)
    }

    /// Forgets the firings that have ended.
    ///
    /// - Returns: those that are still at work.
    func settleOpenFirings(of schedule: String) throws -> [OpenFiring] {
        let (open, ended) = try openFirings(of: schedule)
        for firing in ended {
            try db.run("DELETE FROM open_firings WHERE schedule = ? AND event = ?", [schedule, firing.event])
        }
        return open
    }

    /// Ends the runs of a firing: an event that is undecided, waits for a rate or is in a window no longer calls
    /// anyone; a claimed invocation ends when its worker notices; any other ends here. An invocation that it only
    /// joined belongs to another event, and continues.
    ///
    /// - Returns: the invocations that were cancelled.
    func cancel(_ firing: OpenFiring, commit: String, now: Timestamp) throws -> [InvocationID] {
        let reason = "a later firing of its schedule replaced it"
        guard let (event, _) = try db.events.find(firing.event) else { return [] }
        let withdrawn = try db.changes(
            "DELETE FROM messages WHERE seq = ? AND event = ?", [firing.message, firing.event])
        if withdrawn == 1 {
            try db.run(
                "INSERT INTO inbox (consumer, message) VALUES ('dispatcher', ?) ON CONFLICT DO NOTHING", [firing.event])
            let decision = Decision(rule: "", agent: "", outcome: .blocked, reasons: [reason])
            try db.dispatch.record(decision, for: event, actor: "scheduler", commit: commit, now: now)
        }
        for (rule, agent) in try stopWaiting(event.id) {
            let decision = Decision(rule: rule, agent: agent, outcome: .blocked, reasons: [reason])
            try db.dispatch.record(decision, for: event, actor: "scheduler", commit: commit, now: now)
        }
        let cancelled = try db.work(
            """
            SELECT * FROM invocations WHERE event = ?
            AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
            """, [firing.event], read: Invocation.init
        ) { seq, fault in try db.invocations.failDamagedInvocation(seq, fault, now: now) }
        for invocation in cancelled {
            try db.run("UPDATE invocations SET cancel_requested = 1 WHERE id = ?", [invocation.id])
            if !invocation.state.isHeld {
                try db.invocations.end(invocation, as: .cancelled, outcome: reason, actor: "scheduler", now: now)
            }
        }
        return cancelled.map(\.id)
    }

    /// Removes an event from waits for a rate and from open windows.
    ///
    /// - Returns: the removed waits.
    private func stopWaiting(_ event: EventID) throws -> [(rule: String, agent: String)] {
        let pending = try db.list("DELETE FROM pending_decisions WHERE event = ? RETURNING rule, agent", [event]) {
            row in
            (rule: try row["rule"] as String, agent: try row["agent"] as String)
        }
        let windows = try db.list(
            """
            SELECT d.* FROM merged_events m JOIN debounces d ON d.invocation = m.invocation WHERE m.event = ?
            """, [event], read: OpenWindow.init)
        for window in windows { try leave(window, event) }
        return pending + windows.map { ($0.place.rule, $0.place.agent) }
    }

    /// A window that nobody is left in goes; of others the first that is left is the one whom the invocation belongs to.
    private func leave(_ open: OpenWindow, _ event: EventID) throws {
        let invocation = open.window.invocation
        try db.run("DELETE FROM merged_events WHERE invocation = ? AND event = ?", [invocation, event])
        let heir = try db.first(
            """
            SELECT e.id, e.root FROM merged_events m JOIN events e ON e.id = m.event WHERE m.invocation = ?
            ORDER BY m.n LIMIT 1
            """, [invocation]
        ) { row in (id: try row["id"] as EventID, root: try row["root"] as EventID) }
        guard let heir else { return try db.run("DELETE FROM debounces WHERE invocation = ?", [invocation]) }
        try db.run(
            "UPDATE debounces SET event = ?, root = ?, events = CASE WHEN events > 1 THEN events - 1 ELSE 1 END WHERE invocation = ?",
            [heir.id, heir.root, invocation])
    }
}
