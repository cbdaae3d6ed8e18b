import GuildDomain

/// How a reservation was settled.
struct Settlement {
    /// By how much the spending exceeded its reservation.
    let overrun: Spending
    /// Budget time.
    let at: Timestamp
}
