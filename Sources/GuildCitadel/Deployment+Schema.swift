import GuildDomain
import GuildLedger

extension Deployment {
    /// A ledger with a trigger or a view of somebody else's would do that one's work with each write.
    ///
    /// - Throws: `Failure` if the tables, indices and triggers are not those of this version.
    func requireOwnSchema() async throws {
        guard let difference = try await ledger.upkeep.schemaDifferences().first else { return }
        throw Failure(
            .unavailable, "ledger \(ledger.location.path): its schema was changed: \(difference)",
            hint: "`guild ledger check` lists all differences; undo them, or restore a backup")
    }
}
