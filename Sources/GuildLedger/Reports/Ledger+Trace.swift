package import GuildDomain

/// All that happened because of one event.
package struct EventTrace: Sendable {
    package struct DecisionRow: Sendable {
        package let rule: String
        package let agent: String
        /// Counts from 0 for one rule and agent: a pending decision is followed by the next revision.
        package let revision: Int
        package let outcome: String
        package let isFinal: Bool
        /// When a pending one is decided again, or a rejected one may be sent again.
        package let until: Timestamp?
        package let reasons: [String]
        /// Its own, or the one that stands for it.
        package let invocation: InvocationID?
        package let commit: String
        package let at: Timestamp
    }

    package struct InvocationRow: Sendable {
        package let invocation: Invocation
        package let turns: [JournalledTurn]
        package var actions: [ActionRow]
    }

    package struct ActionRow: Sendable {
        package let action: Action
        package let attempts: [(attempt: Int, startedAt: Timestamp, endedAt: Timestamp?, outcome: String?)]
        package let approval: (decision: String, actor: String, reason: String?, at: Timestamp)?
        /// The cap that it waits at; looked up by whoever shows it.
        package var standing: CapStanding?
    }

    package let event: Event
    package let receivedAt: Timestamp
    package let decisions: [DecisionRow]
    package var invocations: [InvocationRow]
    /// The traces of the events that this one caused.
    package var effects: [EventTrace]

    /// All actions, those of caused events too.
    package var allActions: [Action] {
        invocations.flatMap { $0.actions.map(\.action) } + effects.flatMap(\.allActions)
    }

    /// The same, showing these caps at the actions that wait there.
    package func showing(_ standings: [ActionID: CapStanding]) -> EventTrace {
        var copy = self
        for row in copy.invocations.indices {
            for index in copy.invocations[row].actions.indices {
                let action = copy.invocations[row].actions[index].action
                copy.invocations[row].actions[index].standing = standings[action.id]
            }
        }
        copy.effects = effects.map { $0.showing(standings) }
        return copy
    }
}

/// How deep and wide a trace is drawn, and how many events it has in all.
private enum TraceLimits {
    static let depth = 16
    static let rows = 500
    static let events = 1000
}

extension Ledger {
    /// The event that an id leads to: of an event itself, of an invocation, or of an action.
    package func eventID(for text: String) async throws -> EventID? {
        guard let id = EventID(text) else { return nil }
        return try await read { db in
            try db.value(
                """
                SELECT id FROM events WHERE id = ?1 UNION ALL SELECT event FROM invocations WHERE id = ?1
                UNION ALL SELECT i.event FROM actions a JOIN invocations i ON i.id = a.invocation WHERE a.id = ?1
                LIMIT 1
                """, [id], as: EventID.self)
        }
    }

    /// What an event set going, without the events' payloads; nil where there is no such event.
    package func trace(of event: EventID) async throws -> EventTrace? {
        try await read { db in
            var room = TraceLimits.events
            return try db.trace(of: event, depth: 0, room: &room)
        }
    }

    package func invocation(_ id: InvocationID) async throws -> Invocation? {
        try await read { db in
            try db.invocation(id)
        }
    }

    /// The root that an invocation belongs to, or will once its window has closed; nil where there is neither.
    package func root(of invocation: InvocationID) async throws -> EventID? {
        try await read { db in
            try db.value(
                """
                SELECT root FROM invocations WHERE id = ?1
                UNION ALL SELECT root FROM debounces WHERE invocation = ?1 LIMIT 1
                """, [invocation], as: EventID.self)
        }
    }

    /// The newest invocations, of one agent or of all.
    package func recentInvocations(agent: String? = nil, limit: Int) async throws -> [Invocation] {
        try await read { db in
            try db.all(
                """
                SELECT * FROM invocations \(agent == nil ? "" : "WHERE agent = ?") ORDER BY seq DESC LIMIT \(limit)
                """, agent.map { [$0] } ?? [], read: Invocation.init)
        }
    }

    /// Whether anything of one root is not at its end: a message, an invocation or an action.
    ///
    /// - Parameter leavingWaits: only what is under way.
    package func isQuiet(root: EventID?, leavingWaits: Bool = false) async throws -> Bool {
        try await read { db in
            let scope = root == nil ? "" : "AND root = ?1"
            let arguments: [(any Storable)?] = root.map { [$0] } ?? []
            let underWay = """
                EXISTS (SELECT 1 FROM invocations WHERE lease_owner IS NOT NULL \(scope))
                OR EXISTS (SELECT 1 FROM actions WHERE state = 'running' \(scope))
                """
            let waits = """
                OR EXISTS (SELECT 1 FROM messages m JOIN events e ON e.id = m.event WHERE 1 = 1 \(scope))
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

extension LedgerTransaction {
    fileprivate func trace(of id: EventID, depth: Int, room: inout Int) throws -> EventTrace? {
        guard room > 0 else { return nil }
        let found = try first("SELECT * FROM events WHERE id = ?", [id]) { row in
            (event: try Event(row: row), receivedAt: try row["received_at"] as Timestamp)
        }
        guard let found else { return nil }
        room -= 1
        let decisions = try all(
            "SELECT * FROM decisions WHERE event = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id],
            read: EventTrace.DecisionRow.init)
        let invocations = try all(
            "SELECT * FROM invocations WHERE event = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [id],
            read: Invocation.init)
        let caused =
            depth >= TraceLimits.depth
            ? []
            : try column(
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
        let actions = try all(
            "SELECT * FROM actions WHERE invocation = ? ORDER BY seq LIMIT \(TraceLimits.rows)", [invocation.id],
            read: Action.init)
        return EventTrace.InvocationRow(
            invocation: invocation, turns: try turns(of: invocation.id),
            actions: try actions.map(actionRow))
    }

    private func actionRow(_ action: Action) throws -> EventTrace.ActionRow {
        let attempts = try all("SELECT * FROM action_attempts WHERE action = ? ORDER BY attempt", [action.id]) { row in
            (
                attempt: try row["attempt"] as Int, startedAt: try row["started_at"] as Timestamp,
                endedAt: try row["ended_at"] as Timestamp?, outcome: try row["outcome"] as String?
            )
        }
        let approval = try first("SELECT * FROM approvals WHERE action = ?", [action.id]) { row in
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
