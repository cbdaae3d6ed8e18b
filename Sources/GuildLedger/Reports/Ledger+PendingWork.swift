import GRDB

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
    package func pendingWork() async throws -> PendingWork {
        try await read { db in
            func isAny(_ sql: String) throws -> Bool { try Bool.fetchOne(db, sql: "SELECT EXISTS (\(sql))") ?? false }
            return PendingWork(
                events: try isAny("SELECT 1 FROM messages WHERE topic = 'inbound'")
                    || isAny("SELECT 1 FROM debounces") || isAny("SELECT 1 FROM pending_decisions"),
                invocations: try isAny("SELECT 1 FROM invocations WHERE state = 'queued'")
                    || isAny("SELECT 1 FROM invocations WHERE lease_owner IS NOT NULL")
                    || isAny(
                        "SELECT 1 FROM invocations WHERE state = 'waiting' AND wait_reason NOT IN ('approval', 'budget')"
                    ),
                actions: try isAny("SELECT 1 FROM actions WHERE state IN ('queued', 'running')"))
        }
    }
}
