import GRDB
import GuildDomain

/// A firing whose run may be going.
struct OpenFiring {
    let event: EventID
    /// Its message's number.
    let message: Int64
}

/// Which firings of a schedule are still at work: what the overlap policies ask.
extension Database {
    /// Not decided yet, an invocation of it has not ended, or a decision is still to be made final. What is not decided
    /// has its message; that it was decided, retention forgets.
    private func isOpen(_ firing: OpenFiring) throws -> Bool {
        try first(
            """
            SELECT EXISTS (SELECT 1 FROM messages WHERE seq = ?2)
                OR EXISTS (SELECT 1 FROM invocations WHERE event = ?1
                    AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
                OR EXISTS (SELECT 1 FROM decisions d WHERE d.event = ?1 AND d.final = 0 AND NOT EXISTS (
                    SELECT 1 FROM decisions later WHERE later.event = ?1 AND later.rule = d.rule
                        AND later.agent = d.agent AND later.revision > d.revision))
            """, [.id(firing.event), .integer(firing.message)]
        ) { $0.integer(0) == 1 } ?? false
    }

    /// - Returns: the firings of the schedule by whether they are still at work.
    func openFirings(of schedule: String) throws -> (open: [OpenFiring], ended: [OpenFiring]) {
        let statement = try cachedStatement(sql: "SELECT event, message FROM open_firings WHERE schedule = ?")
        let all = try Row.fetchAll(statement, arguments: [schedule])
            .map { OpenFiring(event: $0["event"], message: $0["message"]) }
        var (open, ended): ([OpenFiring], [OpenFiring]) = ([], [])
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
            try run("DELETE FROM open_firings WHERE schedule = ? AND event = ?", [.text(schedule), .id(firing.event)])
        }
        return open
    }

    /// Ends what a firing set going: an event that is not decided yet calls nobody any more; what a worker holds ends when
    /// the worker hears of it; anything else ends here.
    ///
    /// - Returns: the invocations that were cancelled.
    func cancel(_ firing: OpenFiring, commit: String, now: Timestamp) throws -> [InvocationID] {
        let reason = "a later firing of its schedule took its place"
        try run("DELETE FROM messages WHERE seq = ? AND event = ?", [.integer(firing.message), .id(firing.event)])
        if changesCount == 1, let (event, _) = try event(firing.event) {
            try run("INSERT OR IGNORE INTO inbox VALUES ('dispatcher', ?)", [.id(firing.event)])
            let decision = Decision(rule: "", agent: "", outcome: .blocked, reasons: [reason])
            try record(decision, for: event, actor: "scheduler", commit: commit, now: now)
        }
        let rows = try Row.fetchAll(
            self,
            sql: """
                SELECT * FROM invocations WHERE event = ?
                AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
                """, arguments: [firing.event])
        for invocation in rows.map(Invocation.init(row:)) {
            try run("UPDATE invocations SET cancel_requested = 1 WHERE id = ?", [.id(invocation.id)])
            if !invocation.state.isHeld {
                try end(invocation, as: .cancelled, outcome: reason, actor: "scheduler", now: now)
            }
        }
        return rows.map { $0["id"] }
    }
}
