package import GuildDomain

extension InvocationLedger {
    /// Looks, without writing, for dead workers, leases that ended and waits that are over.
    package func recoveryNeed(worker: Worker, now: Timestamp) async throws -> RecoveryNeed {
        let isOverdue = try await ledger.read { db in
            try db.holds(
                """
                SELECT EXISTS (SELECT 1 FROM invocations
                    WHERE lease_owner IS NOT NULL AND lease_owner <> ?1 AND lease_until <= ?2)
                OR EXISTS (SELECT 1 FROM actions
                    WHERE lease_owner IS NOT NULL AND lease_owner <> ?1 AND lease_until <= ?2)
                OR EXISTS (SELECT 1 FROM invocations WHERE state = 'waiting' AND available_at <= ?2)
                """, [worker.id, now]) || db.budgets.hasExpiredReservations(now: now)
        }
        let owners = try await foreignOwners(worker)
        if isOverdue || !owners.damaged.isEmpty || owners.workers.contains(where: ledger.workers.isDead) { return .now }
        return owners.workers.isEmpty ? .none : .watch
    }

    /// The runs that a worker has claimed.
    package func held(by worker: WorkerID) async throws -> [InvocationID] {
        try await ledger.read { db in
            try db.column(
                "SELECT id FROM invocations INDEXED BY invocations_held WHERE lease_owner IS NOT NULL AND lease_owner = ?",
                [worker])
        }
    }

    /// Whether a worker has claimed a run or an action.
    package func isHeld(by worker: WorkerID) async throws -> Bool {
        try await ledger.read { db in
            try db.holds(
                """
                SELECT EXISTS (SELECT 1 FROM invocations WHERE lease_owner IS NOT NULL AND lease_owner = ?1)
                OR EXISTS (SELECT 1 FROM actions WHERE lease_owner IS NOT NULL AND lease_owner = ?1)
                """, [worker])
        }
    }

    /// Whether somebody asked for the invocation's cancellation.
    package func isCancelRequested(_ id: InvocationID) async throws -> Bool {
        try await ledger.read { db in
            try db.holds("SELECT cancel_requested FROM invocations WHERE id = ?", [id])
        }
    }
}
