package import GuildDomain

extension EventLedger {
    /// How long after a try of an action an event without a marker may be its echo.
    private static let echoWindow = Duration.seconds(3600)

    /// The event that an action of ours answers, without its payload: the cause of an event that the action caused. Its
    /// containers are those of the run, which a person may have named.
    package func origin(of action: ActionID) async throws -> Event? {
        try await ledger.read { db in
            try db.first(
                """
                SELECT e.*, i.options AS asked FROM actions a JOIN invocations i ON i.id = a.invocation
                JOIN events e ON e.id = i.event
                WHERE a.id = ?
                """, [action], read: Event.init(origin:))
        }
    }

    /// The event that an action of ours answers, with its content, for comparison before a write.
    package func cause(of action: ActionID) async throws -> Event? {
        let found = try await ledger.read { db -> (Event, BodyStore.Stored)? in
            try db.first(
                """
                SELECT e.* FROM actions a JOIN invocations i ON i.id = a.invocation JOIN events e ON e.id = i.event
                WHERE a.id = ?
                """, [action]
            ) { row in try (Event(row: row), row.storedBody("body", "body_ref")) }
        }
        return try found.map(ledger.bodies.whole)
    }

    /// The event that our last action of these operations on a subject, or on the repository that it is in, answers;
    /// nil if none was tried within the last hour.
    package func origin(ofLast operations: [String], on subject: String, now: Timestamp) async throws -> Event? {
        guard !operations.isEmpty else { return nil }
        let whole = String(subject.prefix { $0 != "#" && $0 != "@" })
        // Connectors may name a subject in lower case although its events do not.
        let subjects = [subject, whole, subject.lowercased(), whole.lowercased()]
        return try await ledger.read { db in
            try db.first(
                """
                SELECT e.*, i.options AS asked FROM actions a JOIN invocations i ON i.id = a.invocation
                JOIN events e ON e.id = i.event
                WHERE a.subject IN (?, ?, ?, ?) AND a.operation IN (\(LedgerTransaction.places(operations.count)))
                AND EXISTS (SELECT 1 FROM action_attempts t WHERE t.action = a.id AND t.started_at >= ?)
                ORDER BY a.seq DESC LIMIT 1
                """, subjects + operations + [now - Self.echoWindow], read: Event.init(origin:))
        }
    }
}

extension Event {
    fileprivate init(origin row: LedgerRow) throws {
        try self.init(row: row)
        containers = try Container.called(by: row.json("asked")) ?? containers
    }
}
