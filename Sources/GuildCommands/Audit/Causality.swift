import GuildDomain
import GuildLedger

/// Finds the causal tree that an id belongs to.
enum Causality {
    /// The first event of the chain that an event, an invocation or an action belongs to.
    ///
    /// - Throws: `Failure` of kind `usage` for an id that the ledger does not know.
    static func root(of id: String, in ledger: Ledger) async throws -> EventID {
        guard let event = try await ledger.eventID(for: id) else { throw unknown(id) }
        return try await ledger.event(event)?.root ?? event
    }

    static func unknown(_ id: String) -> Failure {
        Failure(
            .usage, "there is no event, invocation or action '\(id)' in the ledger",
            hint: "an id has 26 letters and digits; `guild audit log` shows the newest")
    }
}
