import GuildDomain

extension LedgerTransaction {
    /// Reservations that one sweep ends.
    private static let expiryLimit = 1000

    /// Whether any open reservation's deadline has passed.
    func hasExpiredReservations(now: Timestamp) throws -> Bool {
        try first(
            """
            SELECT EXISTS (SELECT 1 FROM reservations INDEXED BY reservations_open
                WHERE state IN ('held', 'sent') AND deadline <= ?)
            """, [now]
        ) { try ($0[0] as Int64?) == 1 } ?? false
    }

    func expireReservations(now: Timestamp) throws -> Int {
        var expired: [(reservation: ReservationID, invocation: InvocationID)] = []
        try each(
            """
            SELECT id, invocation FROM reservations INDEXED BY reservations_open
            WHERE state IN ('held', 'sent') AND deadline <= ? ORDER BY made_at LIMIT \(Self.expiryLimit)
            """, [now]
        ) { row in
            guard let id = try (row[0] as [UInt8]?).flatMap({ ReservationID(bytes: $0) }),
                let invocation = try (row[1] as [UInt8]?).flatMap({ InvocationID(bytes: $0) })
            else { return }
            expired.append((id, invocation))
        }
        for (id, of) in expired {
            let statement = try cachedStatement(sql: "SELECT * FROM invocations WHERE id = ?")
            guard let row = try first(STATEMENT, [of]) { FIXME($0) },
                let open = try openReservations(of: of).first(where: { $0.reservation.id == id })
            else { continue }
            try loseTurn(
                open.reservation, of: try Invocation(row: row),
                LostAnswer(reason: "its deadline passed", mayHaveBilled: true), now: now)
        }
        return expired.count
    }

    /// Keeps the reservations of an attempt from expiring while their owner lives.
    func renewReservations(of invocation: Invocation, until: Timestamp) throws {
        try run(
            """
            UPDATE reservations SET deadline = ? WHERE invocation = ? AND attempt = ? AND state IN ('held', 'sent')
            """, [until, invocation.id, invocation.attempt])
    }
}
