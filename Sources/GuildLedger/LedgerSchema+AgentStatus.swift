import GRDB

extension LedgerSchema {
    /// The unfinished work of each agent; the index on ended runs is older.
    static func registerAgentStatus(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-agent-status") { db in
            try db.execute(
                sql: "CREATE INDEX invocations_unfinished ON invocations(agent, seq) WHERE ended_at IS NULL")
        }
    }
}
