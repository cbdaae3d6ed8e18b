import GuildDomain

/// A reservation that is neither settled nor released, with its turn.
struct OpenReservation {
    let reservation: Reservation
    let isSent: Bool
    let n: Int
    let attempt: Int
    let model: String

    init(_ row: LedgerRow) throws {
        reservation = try Reservation(id: row["id"], input: row["input"], output: row["output"], cost: row["cost"])
        isSent = try (row["state"] as String) == "sent"
        n = try row["n"]
        attempt = try row["attempt"]
        model = try row["model"]
    }
}
