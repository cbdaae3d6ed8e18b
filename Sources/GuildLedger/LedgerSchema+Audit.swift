import GRDB

extension LedgerSchema {
    /// What stands beside the chain: the Merkle tree's inner nodes, the anchors made so far, and who this ledger is.
    static func registerAuditTree(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-audit-tree") { db in try db.execute(sql: auditTree) }
    }

    /// Nodes are derived from the chain in batches and only at levels 8, 16, 24 …: 32 bytes for 256 entries. The
    /// identity tells the anchors of several ledgers in one codex repository apart.
    private static let auditTree = """
        CREATE TABLE audit_nodes (
            level INTEGER NOT NULL CHECK (level > 0),
            position INTEGER NOT NULL CHECK (position >= 0),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (level, position)
        ) WITHOUT ROWID;
        CREATE TABLE audit_anchors (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            root BLOB NOT NULL CHECK (length(root) = 32),
            commit_id TEXT NOT NULL
        );
        CREATE TABLE audit_identity (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            id BLOB NOT NULL CHECK (length(id) = 16)
        );
        INSERT INTO audit_identity VALUES (1, randomblob(16));
        CREATE INDEX audit_erasures ON audit(seq) WHERE kind = 'audit.erased';
        """
}
