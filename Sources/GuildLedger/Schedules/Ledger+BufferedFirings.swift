package import GuildDomain

/// A firing that waits for an earlier run of its schedule to end.
package struct BufferedFiring: Sendable, Hashable {
    package let schedule: String
    package let dueAt: Timestamp
}

extension Ledger {
    /// Looked at in one go.
    private static let bufferedLimit = 10_000

    /// The firings whose wait is over.
    package func bufferedFirings() async throws -> [BufferedFiring] {
        try await read { db in
            try db.all("SELECT * FROM buffered_firings ORDER BY due_at LIMIT ?", [Self.bufferedLimit]) { row in
                try BufferedFiring(schedule: row["schedule"], dueAt: row["due_at"])
            }
            .filter { try db.openFirings(of: $0.schedule).open.isEmpty }
        }
    }

    /// Whether a firing waits, its wait over or not.
    package func hasBufferedFirings() async throws -> Bool {
        try await read { db in
            try db.holds("SELECT EXISTS (SELECT 1 FROM buffered_firings)")
        }
    }

    /// Fires one that waited, unless somebody else has, or a run has begun meanwhile.
    package func release(_ request: FiringRequest, commit: String, now: Timestamp) async throws -> FiringOutcome {
        try await bodies.storing(request.event.payload) { body in
            try await write(touching: [.inbound]) { db in
                let waits = try db.holds(
                    "SELECT EXISTS (SELECT 1 FROM buffered_firings WHERE schedule = ? AND due_at = ?)",
                    [request.schedule, request.dueAt])
                guard waits else { return .already }
                guard try db.settleOpenFirings(of: request.schedule).isEmpty else { return .overlapping }
                try db.run("DELETE FROM buffered_firings WHERE schedule = ?", [request.schedule])
                if try db.hasFired(request) { return .already }
                if try db.isPaused(request.pauseTargets, at: request.turnAt) {
                    try db.note(MissedFirings(one: request, .paused), commit: commit, now: now)
                    return .paused
                }
                try db.insert(request, body: body, commit: commit, now: now)
                return .fired
            }
        }
    }

    /// Passes over one that waited for a schedule that is no more.
    package func dropBuffered(_ firing: BufferedFiring, commit: String, now: Timestamp) async throws {
        try await write { db in
            let dropped = try db.changes(
                "DELETE FROM buffered_firings WHERE schedule = ? AND due_at = ?",
                [firing.schedule, firing.dueAt])
            guard dropped == 1 else { return }
            try db.note(
                MissedFirings(
                    schedule: firing.schedule, first: firing.dueAt, last: firing.dueAt, count: 1, reason: .overlap),
                commit: commit, now: now)
        }
    }
}
