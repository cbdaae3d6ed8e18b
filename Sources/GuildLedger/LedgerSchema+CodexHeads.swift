import GRDB

extension LedgerSchema {
    /// The accepted head is looked up in every decision and reservation, however many commits were refused since.
    static func registerCodexHeads(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("codex-heads-index") { db in
            try db.execute(sql: "CREATE INDEX codex_heads_accepted ON codex_heads (seq) WHERE accepted = 1")
        }
    }
}
