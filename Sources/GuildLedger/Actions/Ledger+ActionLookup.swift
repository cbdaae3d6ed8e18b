import GRDB
package import GuildDomain

extension Ledger {
    /// One action as it is now; nil where the ledger has none of that id.
    package func action(_ id: ActionID) async throws -> Action? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM actions WHERE id = ?", arguments: [id]).map(Action.init)
        }
    }
}
