package import GuildDomain

/// How deep and wide a trace is drawn, and how many events it has in all.
private enum TraceLimits {
    static let depth = 16
    static let rows = 500
    static let events = 1000
}

extension ReportLedger {
    /// The event that an id leads to: of an event itself, of an invocation, or of an action.
    package func eventID(for text: String) async throws -> EventID? {
        guard let id = EventID(text) else { return nil }
        return try await ledger.read { db in
            try db.value(
                """
                SELECT id FROM events WHERE id = ?1 UNION ALL SELECT event FROM invocations WHERE id = ?1
                UNION ALL SELECT i.event FROM actions a JOIN invocations i ON i.id = a.invocation WHERE a.id = ?1
                LIMIT 1
                """, [id], as: EventID.self)
        }
    }

    /// Everything that an event caused, without the events' payloads; nil if there is no such event.
    package func trace(of event: EventID) async throws -> EventTrace? {
        try await ledger.read { db in
            var room = TraceLimits.events
            return try db.reports.trace(of: event, depth: 0, room: &room)
        }
    }

}

extension InvocationLedger {
    /// The stored invocation; nil if there is none with that id.
    package func find(_ id: InvocationID) async throws -> Invocation? {
        try await ledger.read { db in
            try db.invocations.find(id)
        }
    }

    /// The root that an invocation belongs to, or will once its window has closed; nil if there is neither.
    package func root(of invocation: InvocationID) async throws -> EventID? {
        try await ledger.read { db in
            try db.value(
                """
                SELECT root FROM invocations WHERE id = ?1
                UNION ALL SELECT root FROM debounces WHERE invocation = ?1 LIMIT 1
                """, [invocation], as: EventID.self)
        }
    }

    /// The newest invocations, of one agent or of all.
    package func recent(agent: String? = nil, limit: Int) async throws -> [Invocation] {
        try await ledger.read { db in
            try db.all(
                """
                SELECT * FROM invocations \(agent == nil ? "" : "WHERE agent = ?") ORDER BY seq DESC LIMIT \(limit)
                """, agent.map { [$0] } ?? [], read: Invocation.init)
        }
    }

}

extension ReportLedger {
    /// Whether anything of one root is unfinished: a message, an invocation or an action.
    ///
    /// - Parameter leavingWaits: only work in progress.
    package func isQuiet(root: EventID?, leavingWaits: Bool = false) async throws -> Bool {
        try await ledger.read { db in
            let scope = root == nil ? "" : "AND root = ?1"
            let arguments: [(any Storable)?] = root.map { [$0] } ?? []
            let underWay = """
                EXISTS (SELECT 1 FROM invocations WHERE lease_owner IS NOT NULL \(scope))
                OR EXISTS (SELECT 1 FROM actions WHERE state = 'running' \(scope))
                """
            let waits = """
                OR EXISTS (SELECT 1 FROM messages m JOIN events e ON e.id = m.event
                    WHERE NOT (m.topic >= 'unreadable/' AND m.topic < 'unreadable0') \(scope))
                OR EXISTS (SELECT 1 FROM debounces WHERE 1 = 1 \(scope))
                OR EXISTS (SELECT 1 FROM pending_decisions WHERE 1 = 1 \(scope))
                OR EXISTS (SELECT 1 FROM invocations WHERE state = 'queued' \(scope))
                OR EXISTS (SELECT 1 FROM invocations WHERE state = 'waiting' AND wait_reason NOT IN ('approval', 'budget') \(scope))
                OR EXISTS (SELECT 1 FROM actions WHERE state = 'queued' \(scope))
                """
            return try !db.holds("SELECT \(underWay) \(leavingWaits ? "" : waits)", arguments)
        }
    }
}

extension ReportStatements {
    fileprivate func trace(of id: EventID, depth: Int, room: inout Int) throws -> EventTrace? {
        guard room > 0 else { return nil }
        let found = try db.first("SELECT * FROM events WHERE id = ?", [id]) { row in
            (event: try Event(row: row), receivedAt: try row["received_at"] as Timestamp)
        }
        guard let found else { return nil }
        room -= 1
        let decisions = try db.all(
            "SELECT * FROM decisions WHERE event = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id],
            read: EventTrace.DecisionRow.init)
        let invocations = try db.all(
            "SELECT * FROM invocations WHERE event = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id],
            read: Invocation.init)
        let caused =
            depth >= TraceLimits.depth
            ? []
            : try db.column(
                "SELECT id FROM events WHERE cause = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id], as: EventID.self)
        var effects: [EventTrace] = []
        for event in caused {
            if let effect = try trace(of: event, depth: depth + 1, room: &room) { effects.append(effect) }
        }
        return EventTrace(
            event: found.event, receivedAt: found.receivedAt, decisions: decisions,
            invocations: try invocations.map(invocationRow), effects: effects)
    }

    private func invocationRow(_ invocation: Invocation) throws -> EventTrace.InvocationRow {
        let actions = try db.all(
            "SELECT * FROM actions WHERE invocation = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [invocation.id],
            read: Action.init)
        return EventTrace.InvocationRow(
            invocation: invocation, turns: try db.invocations.turns(of: invocation.id),
            actions: try actions.map(actionRow))
    }

    private func actionRow(_ action: Action) throws -> EventTrace.ActionRow {
        let attempts = try db.all("SELECT * FROM action_attempts WHERE action = ? ORDER BY attempt", [action.id]) {
            row in
            (
                attempt: try row["attempt"] as Int, startedAt: try row["started_at"] as Timestamp,
                endedAt: try row["ended_at"] as Timestamp?, outcome: try row["outcome"] as String?
            )
        }
        let approval = try db.first("SELECT * FROM approvals WHERE action = ?", [action.id]) { row in
            (
                decision: try row["decision"] as String, actor: try row["actor"] as String,
                reason: try row["reason"] as String?, at: try row["decided_at"] as Timestamp
            )
        }
        return EventTrace.ActionRow(action: action, attempts: attempts, approval: approval)
    }
}

extension EventTrace.DecisionRow {
    fileprivate init(row: LedgerRow) throws {
        try self.init(
            rule: row["rule"], agent: row["agent"], revision: row["revision"], outcome: row["outcome"],
            isFinal: row["final"], until: row["until"],
            reasons: row.json("reasons").array?.compactMap(\.string) ?? [], invocation: row["invocation"],
            commit: row["commit_id"], at: row["at"])
    }
}
