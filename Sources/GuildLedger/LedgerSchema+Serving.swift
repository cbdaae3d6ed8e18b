import GRDB

extension LedgerSchema {
    /// Whether a head was accepted by `guild serve`, after which a single run no longer moves it. Before this was told
    /// apart only `serve` accepted any.
    static func registerServing(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-serving") { db in
            try db.execute(
                sql: """
                    ALTER TABLE codex_heads ADD COLUMN serving INTEGER NOT NULL DEFAULT 0 CHECK (serving IN (0, 1));
                    UPDATE codex_heads SET serving = accepted;
                    CREATE INDEX codex_heads_serving ON codex_heads (seq) WHERE serving = 1;
                    """)
        }
    }
}
