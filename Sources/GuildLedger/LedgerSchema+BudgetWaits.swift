import GRDB

extension LedgerSchema {
    /// What would be enough for a run that waits for its budget; 0 for one that has waited since before this was kept.
    static func registerBudgetWaits(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-budget-waits") { db in
            try db.execute(sql: "ALTER TABLE budget_waits ADD COLUMN enough INTEGER NOT NULL DEFAULT 0")
        }
    }
}
