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

    /// The first event of the chain that an event belongs to: itself if the column cannot be read; nil if there is no such
    /// event.
    package func root(of event: EventID) async throws -> EventID? {
        try await ledger.read { db in
            do {
                return try db.value("SELECT root FROM events WHERE id = ?", [event], as: EventID.self)
            } catch is RowFault {
                return event
            }
        }
    }

    /// Everything that an event caused, without the events' payloads; nil if there is no such event. Damaged parts are
    /// left out and named, payloads in rows too.
    package func trace(of event: EventID) async throws -> EventTrace? {
        try await ledger.read { [bodies = ledger.bodies] db in
            var room = TraceLimits.events
            return try db.reports.trace(of: event, depth: 0, room: &room, bodies)
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
            try db.list(
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
    /// As much as can be read: a damaged row hides itself alone.
    fileprivate func trace(
        of id: EventID, depth: Int, room: inout Int, _ bodies: BodyStore
    ) throws -> EventTrace? {
        guard room > 0 else { return nil }
        var damage: [String] = []
        let found = try db.first("SELECT * FROM events WHERE id = ?", [id]) { row in
            try Found(row, bodies, &damage)
        }
        guard let found else { return nil }
        room -= 1
        var unexplained: [String] = []
        let decisions = try readable(
            "SELECT * FROM decisions WHERE event = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id],
            "a decision", &damage
        ) { row in try EventTrace.DecisionRow(row: row, damage: &unexplained) }
        damage += unexplained
        let invocations = try readable(
            "SELECT * FROM invocations WHERE event = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id],
            "an invocation", &damage, read: Invocation.init)
        let caused =
            depth >= TraceLimits.depth
            ? []
            : try readable(
                "SELECT id FROM events WHERE cause = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id],
                "a caused event", &damage
            ) { row in try row["id"] as EventID }
        var effects: [EventTrace] = []
        for event in caused {
            do {
                if let effect = try trace(of: event, depth: depth + 1, room: &room, bodies) { effects.append(effect) }
            } catch let fault as RowFault {
                damage.append("event \(event): \(fault.message)")
            }
        }
        return EventTrace(
            event: found.event, receivedAt: found.receivedAt, erasedAt: found.erasedAt, decisions: decisions,
            invocations: try invocations.map(invocationRow), effects: effects, damage: damage)
    }

    /// The rows that can be read; each of the others is a line of `damage`.
    private func readable<Value>(
        _ sql: String, _ values: [(any Storable)?], _ what: String, _ damage: inout [String],
        read: (LedgerRow) throws -> Value
    ) throws -> [Value] {
        try db.whole(sql, values, read: read) { row, fault in
            // Without an id the line says only what kind of row it is.
            let id = (try? row["id"] as EventID).map { " \($0)" } ?? ""
            damage.append("\(what)\(id): \(fault.message)")
        }
    }

    private func invocationRow(_ invocation: Invocation) throws -> EventTrace.InvocationRow {
        var damage: [String] = []
        let actions = try readable(
            "SELECT * FROM actions WHERE invocation = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [invocation.id],
            "an action", &damage, read: Action.init)
        let calls = try readable(
            "SELECT * FROM tool_calls WHERE invocation = ? ORDER BY n, position", [invocation.id], "a tool call",
            &damage
        ) { row in (turn: try row["n"] as Int, call: try ToolCall(row: row)) }
        var turns = try readable(
            "SELECT * FROM turns WHERE invocation = ? ORDER BY n, attempt", [invocation.id], "a turn", &damage,
            read: JournalledTurn.init(shown:))
        let byTurn = Dictionary(grouping: calls, by: \.turn).mapValues { $0.map(\.call) }
        for index in turns.indices where turns[index].isAnswered { turns[index].calls = byTurn[turns[index].n] ?? [] }
        return EventTrace.InvocationRow(
            invocation: invocation, turns: turns, actions: try actions.map { try actionRow($0, &damage) },
            damage: damage)
    }

    private func actionRow(_ action: Action, _ damage: inout [String]) throws -> EventTrace.ActionRow {
        let attempts = try readable(
            "SELECT * FROM action_attempts WHERE action = ? ORDER BY attempt", [action.id],
            "an attempt at action \(action.id)", &damage
        ) { row in
            (
                attempt: try row["attempt"] as Int, startedAt: try row["started_at"] as Timestamp,
                endedAt: try row["ended_at"] as Timestamp?, outcome: try row["outcome"] as String?
            )
        }
        let approvals = try readable(
            "SELECT * FROM approvals WHERE action = ?", [action.id], "the approval of action \(action.id)", &damage
        ) { row in
            (
                decision: try row["decision"] as String, actor: try row["actor"] as String,
                reason: try row["reason"] as String?, at: try row["decided_at"] as Timestamp
            )
        }
        return EventTrace.ActionRow(action: action, attempts: attempts, approval: approvals.first)
    }
}

extension EventTrace.DecisionRow {
    /// For people: without reasons that cannot be read, which is noted in `damage`.
    init(row: LedgerRow, damage: inout [String]) throws {
        var reasons: [String] = []
        do {
            reasons = try row.texts("reasons")
        } catch let fault as RowFault {
            // Without a rule the line says only what kind of row it is.
            let rule = (try? row["rule"] as String).map { " of rule \($0)" } ?? ""
            damage.append("a decision\(rule): \(fault.message)")
        }
        try self.init(
            rule: row["rule"], agent: row["agent"], revision: row["revision"], outcome: row["outcome"],
            isFinal: row["final"], until: row["until"], reasons: reasons,
            invocation: row["invocation"], commit: row["commit_id"], at: row["at"])
    }
}

/// The row of an event in a trace.
private struct Found {
    let event: Event
    let receivedAt: Timestamp
    let erasedAt: Timestamp?

    /// - Parameter damage: takes what cannot be read, of the payload too if the row has it.
    init(_ row: LedgerRow, _ bodies: BodyStore, _ damage: inout [String]) throws {
        event = try Event(row: row, damage: &damage)
        let what = "event \(event.id)"
        receivedAt = try row.readable("received_at", or: Timestamp(microseconds: 0), of: what, &damage)
        erasedAt = try row.readable("erased_at", or: nil, of: what, &damage)
        guard erasedAt == nil, let stored = try row.readableBody(of: event.id, &damage), stored.inline != nil else {
            return
        }
        do {
            _ = try bodies.payload(stored, of: event.id)
        } catch let fault as RowFault {
            damage.append(fault.message)
        }
    }
}
