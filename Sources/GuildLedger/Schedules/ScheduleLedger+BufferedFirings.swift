package import GuildDomain

extension ScheduleLedger {
    /// Looked at in one go.
    private static let bufferedLimit = 10_000

    /// The firings whose wait is over.
    package func buffered() async throws -> [BufferedFiring] {
        try await ledger.read { db in
            try db.list("SELECT * FROM buffered_firings ORDER BY due_at LIMIT ?", [Self.bufferedLimit]) { row in
                try BufferedFiring(schedule: row["schedule"], dueAt: row["due_at"])
            }
            .filter { try db.schedules.openFirings(of: $0.schedule).open.isEmpty }
        }
    }

    /// Whether a firing waits, its wait over or not.
    package func hasBuffered() async throws -> Bool {
        try await ledger.read { db in
            try db.holds("SELECT EXISTS (SELECT 1 FROM buffered_firings)")
        }
    }

    /// Fires one that waited, unless somebody else has, or a run has begun meanwhile.
    package func releaseBuffered(_ request: FiringRequest, commit: String, now: Timestamp) async throws -> FiringOutcome
    {
        try await ledger.bodies.storing(request.event.payload) { body in
            try await ledger.write { db in
                let waits = try db.holds(
                    "SELECT EXISTS (SELECT 1 FROM buffered_firings WHERE schedule = ? AND due_at = ?)",
                    [request.schedule, request.dueAt])
                guard waits else { return .already }
                guard try db.schedules.settleOpenFirings(of: request.schedule).isEmpty else { return .overlapping }
                try db.run("DELETE FROM buffered_firings WHERE schedule = ?", [request.schedule])
                if try db.schedules.hasFired(request) { return .already }
                if try db.schedules.isPaused(request.pauseTargets, at: request.turnAt) {
                    try db.schedules.note(MissedFirings(one: request, .paused), commit: commit, now: now)
                    return .paused
                }
                try db.schedules.insert(request, body: body, commit: commit, now: now)
                return .fired
            }
        }
    }

    /// Drops a waiting firing of a schedule that no longer exists.
    package func dropBuffered(_ firing: BufferedFiring, commit: String, now: Timestamp) async throws {
        try await ledger.write { db in
            let dropped = try db.changes(
                "DELETE FROM buffered_firings WHERE schedule = ? AND due_at = ?",
                [firing.schedule, firing.dueAt])
            guard dropped == 1 else { return }
            try db.schedules.note(
                MissedFirings(
                    schedule: firing.schedule, first: firing.dueAt, last: firing.dueAt, count: 1, reason: .overlap),
                commit: commit, now: now)
        }
    }
}
