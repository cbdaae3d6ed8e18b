import GuildCitadel
import GuildControl
import GuildDomain
import GuildLedger

/// Finds the causal tree that an id belongs to.
enum Causality {
    /// The first event of the chain that an event, an invocation or an action belongs to.
    ///
    /// - Throws: as `WrittenID.resolve` does.
    static func root(of id: String, in reports: ReportLedger) async throws -> EventID {
        let id = try await WrittenID.resolve(id, in: reports)
        guard let event = try await reports.eventID(for: id) else { throw WrittenID.unknown(id) }
        return try await reports.root(of: event) ?? event
    }
}
