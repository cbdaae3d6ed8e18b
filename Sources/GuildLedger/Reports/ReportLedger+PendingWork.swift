package import GuildDomain

extension ReportLedger {
    /// - Parameters:
    ///   - now: leaves out what an alert in force then keeps in the queue, perhaps for weeks; nil counts it.
    ///   - soon: leaves out what is due later.
    package func pendingWork(now: Timestamp? = nil, dueBy soon: Timestamp = Timestamp(microseconds: .max)) async throws
        -> PendingWork
    {
        try await ledger.read { db in
            func isAny(_ sql: String, _ arguments: [(any Storable)?] = [soon]) throws -> Bool {
                try db.holds("SELECT EXISTS (\(sql))", arguments)
            }
            let heldBack = try now.map { try db.invocations.heldBack(now: $0) }
            return PendingWork(
                events: try isAny("SELECT 1 FROM messages WHERE topic = 'inbound' AND available_at <= ?")
                    || isAny("SELECT 1 FROM debounces WHERE due_at <= ?")
                    || isAny("SELECT 1 FROM pending_decisions WHERE due_at <= ?"),
                invocations: try isAny(
                    "SELECT 1 FROM invocations WHERE state = 'queued' AND available_at <= ? \(heldBack?.condition ?? "")",
                    [soon] + (heldBack?.arguments ?? []))
                    || isAny("SELECT 1 FROM invocations WHERE lease_owner IS NOT NULL", [])
                    || isAny(
                        """
                        SELECT 1 FROM invocations i WHERE state = 'waiting' AND wait_reason NOT IN ('approval', 'budget')
                            AND (wait_reason <> 'rate' OR available_at <= ?1)
                            AND NOT (wait_reason = 'action' AND EXISTS (SELECT 1 FROM actions a
                                WHERE a.invocation = i.id AND a.state = 'queued' AND a.available_at > ?1))
                        """),
                actions: try isAny("SELECT 1 FROM actions WHERE state = 'running'", [])
                    || isAny("SELECT 1 FROM actions WHERE state = 'queued' AND available_at <= ?"))
        }
    }

    /// - Parameter soon: only work that is due later.
    package func laterWork(than soon: Timestamp) async throws -> LaterWork {
        try await ledger.read { db in
            func share(_ sql: String) throws -> LaterWork.Share? {
                let found = try db.first("SELECT count(*) AS n, min(t) AS next FROM (\(sql)) AS w WHERE t > ?", [soon])
                {
                    row in (count: try row["n"] as Int64, next: try row["next"] as Timestamp?)
                }
                guard let found, let next = found.next else { return nil }
                return LaterWork.Share(count: found.count, next: next)
            }
            return LaterWork(
                events: try share(
                    """
                    SELECT available_at AS t FROM messages WHERE topic = 'inbound' UNION ALL SELECT due_at FROM debounces
                    UNION ALL SELECT due_at FROM pending_decisions
                    """),
                invocations: try share(
                    """
                    SELECT available_at AS t FROM invocations WHERE state = 'queued'
                    UNION ALL SELECT available_at FROM invocations WHERE state = 'waiting' AND wait_reason = 'rate'
                    """),
                actions: try share("SELECT available_at AS t FROM actions WHERE state = 'queued'"))
        }
    }
}
