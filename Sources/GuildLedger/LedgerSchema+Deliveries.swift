import GRDB

extension LedgerSchema {
    /// What a CloudEvent said beyond what guild knows, who sent an event, and deliveries that were taken for duplicates
    /// since that was last said in the chain.
    static func registerDeliveries(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-deliveries") { db in
            try db.execute(
                sql: """
                    ALTER TABLE events ADD COLUMN attributes TEXT;
                    ALTER TABLE events ADD COLUMN sender TEXT;
                    ALTER TABLE events ADD COLUMN outsider INTEGER NOT NULL DEFAULT 0 CHECK (outsider IN (0, 1));
                    CREATE TABLE duplicates (
                        event BLOB PRIMARY KEY CHECK (length(event) = 16),
                        said_at INTEGER NOT NULL,
                        unsaid INTEGER NOT NULL CHECK (unsaid >= 0)
                    ) WITHOUT ROWID;
                    CREATE INDEX duplicates_said ON duplicates(said_at);
                    """)
        }
    }
}
