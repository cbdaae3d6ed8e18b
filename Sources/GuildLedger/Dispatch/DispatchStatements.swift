import GuildDomain

/// Reads and writes decisions and debounce windows.
struct DispatchStatements {
    let db: LedgerTransaction

    /// Says whose the window is that was opened just now: the rule knows only its times.
    func completeWindow(of invocation: NewInvocation, _ event: EventPlace) throws {
        try db.run("UPDATE debounces SET chapter = ? WHERE invocation = ?", [invocation.chapter, invocation.id])
        try merge(event.id, into: invocation.id)
    }

    /// One more event that an invocation combines.
    func merge(_ event: EventID, into invocation: InvocationID) throws {
        try db.run(
            """
            INSERT INTO merged_events (invocation, n, event)
            VALUES (?1, (SELECT coalesce(max(n) + 1, 0) FROM merged_events WHERE invocation = ?1), ?2)
            """, [invocation, event])
    }

    /// Holds an invocation until its slot at a rate.
    func hold(_ invocation: NewInvocation, _ decision: Decision, _ event: EventPlace) throws {
        try db.run(
            """
            INSERT INTO pending_decisions (event, rule, agent, root, chapter, priority, invocation, due_at, terms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                event.id, decision.rule, decision.agent, event.root, invocation.chapter, invocation.priority.rawValue,
                invocation.id, decision.until, (decision.terms?.afterWaiting ?? AdmissionTerms()).json.text(),
            ])
    }

    func openWindows(limit: Int) throws -> [OpenWindow] {
        try db.list("SELECT * FROM debounces ORDER BY due_at LIMIT \(limit)", read: OpenWindow.init)
    }
}
