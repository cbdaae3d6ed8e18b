import GuildDomain

extension BudgetStatements {
    /// Reservations that one sweep ends.
    private static let expiryLimit = 1000

    /// Between two tries to end a reservation that meets damage.
    private static let damagedPause = Duration.seconds(24 * 3600)

    /// Whether any open reservation's deadline has passed.
    func hasExpiredReservations(now: Timestamp) throws -> Bool {
        try db.holds(
            """
            SELECT EXISTS (SELECT 1 FROM reservations INDEXED BY reservations_open
                WHERE state IN ('held', 'sent') AND deadline <= ?)
            """, [now])
    }

    func expireReservations(now: Timestamp) throws -> Int {
        let expired = try db.list(
            """
            SELECT id, invocation FROM reservations INDEXED BY reservations_open
            WHERE state IN ('held', 'sent') AND deadline <= ? ORDER BY made_at LIMIT \(Self.expiryLimit)
            """, [now]
        ) { row in (reservation: try row[0] as ReservationID, invocation: try row[1] as InvocationID) }
        var damaged = 0
        for (id, of) in expired {
            let fault = try db.attempt {
                guard let invocation = try db.invocations.find(of),
                    let open = try openReservations(of: of).first(where: { $0.reservation.id == id })
                else { return }
                try db.invocations.loseTurn(
                    open.reservation, of: invocation,
                    LostAnswer(reason: "its deadline passed", mayHaveBilled: true), now: now)
            }
            guard let fault else { continue }
            db.leaveOut(fault)
            damaged += 1
            // Looked at again and again, it would keep recovery busy.
            try db.run("UPDATE reservations SET deadline = ? WHERE id = ?", [now + Self.damagedPause, id])
        }
        return expired.count - damaged
    }

    /// Keeps the reservations of an attempt from expiring while their owner lives.
    func renewReservations(of invocation: Invocation, until: Timestamp) throws {
        try db.run(
            """
            UPDATE reservations SET deadline = ? WHERE invocation = ? AND attempt = ? AND state IN ('held', 'sent')
            """, [until, invocation.id, invocation.attempt])
    }
}
