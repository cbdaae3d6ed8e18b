import GuildDomain

/// A firing whose run may be going.
struct OpenFiring {
    let event: EventID
    /// Its message's number.
    let message: Int64
}
