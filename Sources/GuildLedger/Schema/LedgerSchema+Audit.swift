extension LedgerSchema {
    /// The chain, its tree and its anchors.
    static let audit = """
        -- The chain; see `AuditHash`.
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            commit_id TEXT,
            cause TEXT,
            root TEXT,
            body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
            prev BLOB NOT NULL CHECK (length(prev) = 32),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE INDEX audit_root ON audit(root);
        CREATE TRIGGER audit_immutable BEFORE UPDATE ON audit
            BEGIN SELECT raise(ABORT, 'audit entries are immutable'); END;
        CREATE TRIGGER audit_kept BEFORE DELETE ON audit
            BEGIN SELECT raise(ABORT, 'audit entries are kept'); END;
        CREATE INDEX audit_erasures ON audit(seq) WHERE kind = 'audit.erased';
        CREATE TABLE audit_bodies (
            seq INTEGER PRIMARY KEY REFERENCES audit(seq),
            salt BLOB NOT NULL CHECK (length(salt) = 16),
            body BLOB NOT NULL
        ) STRICT;
        CREATE TABLE audit_head (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        -- Inner nodes of the Merkle tree, derived in batches at levels 8, 16, 24 …: 32 bytes for 256 entries.
        CREATE TABLE audit_nodes (
            level INTEGER NOT NULL CHECK (level > 0),
            position INTEGER NOT NULL CHECK (position >= 0),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (level, position)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE audit_anchors (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            root BLOB NOT NULL CHECK (length(root) = 32),
            commit_id TEXT NOT NULL
        ) STRICT;
        -- Tells the anchors of several ledgers in one codex repository apart.
        CREATE TABLE audit_identity (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            id BLOB NOT NULL CHECK (length(id) = 16)
        ) STRICT;
        INSERT INTO audit_head VALUES (1, 0, zeroblob(32));
        INSERT INTO audit_identity VALUES (1, randomblob(16));
        """
}
