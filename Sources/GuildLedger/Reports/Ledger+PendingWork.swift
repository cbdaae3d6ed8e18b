import GRDB
package import GuildDomain

/// What is not at its end and waits for no person and no budget, by the component that does it.
package struct PendingWork: Sendable, Hashable {
    /// For the dispatcher.
    package var events: Bool
    /// For an executor.
    package var invocations: Bool
    /// For an action executor.
    package var actions: Bool

    package init(events: Bool, invocations: Bool, actions: Bool) {
        self.events = events
        self.invocations = invocations
        self.actions = actions
    }
}

extension Ledger {
    /// - Parameter now: leaves out what an alert in force then keeps in the queue, perhaps for weeks; nil counts it.
    package func pendingWork(now: Timestamp? = nil) async throws -> PendingWork {
        try await read { db in
            func isAny(_ sql: String, _ arguments: StatementArguments = []) throws -> Bool {
                try Bool.fetchOne(db, sql: "SELECT EXISTS (\(sql))", arguments: arguments) ?? false
            }
            let heldBack = try now.map { try db.heldBack(now: $0) }
            return PendingWork(
                events: try isAny("SELECT 1 FROM messages WHERE topic = 'inbound'")
                    || isAny("SELECT 1 FROM debounces") || isAny("SELECT 1 FROM pending_decisions"),
                invocations: try isAny(
                    "SELECT 1 FROM invocations WHERE state = 'queued' \(heldBack?.condition ?? "")",
                    heldBack?.arguments ?? [])
                    || isAny("SELECT 1 FROM invocations WHERE lease_owner IS NOT NULL")
                    || isAny(
                        "SELECT 1 FROM invocations WHERE state = 'waiting' AND wait_reason NOT IN ('approval', 'budget')"
                    ),
                actions: try isAny("SELECT 1 FROM actions WHERE state IN ('queued', 'running')"))
        }
    }
}
