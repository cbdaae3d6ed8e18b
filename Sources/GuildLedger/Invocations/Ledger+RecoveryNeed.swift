package import GuildDomain

/// Whether there is something to recover.
package enum RecoveryNeed: Sendable, Hashable {
    case none
    /// Others hold work: look again soon, for they may die.
    case watch
    case now
}

extension Ledger {
    /// Looks, without writing, for dead workers, leases that ended and waits that are over.
    package func recoveryNeed(worker: Worker, now: Timestamp) async throws -> RecoveryNeed {
        let isOverdue = try await read { db in
            try db.holds(
                """
                SELECT EXISTS (SELECT 1 FROM invocations
                    WHERE lease_owner IS NOT NULL AND lease_owner <> ?1 AND lease_until <= ?2)
                OR EXISTS (SELECT 1 FROM actions
                    WHERE lease_owner IS NOT NULL AND lease_owner <> ?1 AND lease_until <= ?2)
                OR EXISTS (SELECT 1 FROM invocations WHERE state = 'waiting' AND available_at <= ?2)
                """, [worker.id, now]) || db.hasExpiredReservations(now: now)
        }
        let owners = try await foreignOwners(worker)
        if isOverdue || owners.contains(where: isDead) { return .now }
        return owners.isEmpty ? .none : .watch
    }

    /// Whether somebody asked for the invocation's cancellation.
    package func isCancelRequested(_ id: InvocationID) async throws -> Bool {
        try await read { db in
            try db.holds("SELECT cancel_requested FROM invocations WHERE id = ?", [id])
        }
    }
}
