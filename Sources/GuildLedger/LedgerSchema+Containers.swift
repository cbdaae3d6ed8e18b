import GRDB

extension LedgerSchema {
    /// Where what an event sets going may read and write: a JSON array of `SYSTEM:CONTAINER`; NULL in events that are
    /// older than the column.
    static func registerContainers(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-event-containers") { db in
            try db.execute(sql: "ALTER TABLE events ADD COLUMN containers TEXT")
        }
    }
}
