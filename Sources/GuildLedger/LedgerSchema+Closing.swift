import GRDB

extension LedgerSchema {
    /// What closed books leave behind: one opening balance for each account, and up to where they are closed.
    static func registerClosing(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-closing") { db in
            try db.execute(sql: entriesThatMayBeClosed)
            try db.execute(sql: closing)
        }
    }

    /// The same table without its foreign keys: to let go of one account or reservation, SQLite would look through all
    /// entries for them. `budget verify` finds an entry whose reservation or account is not there.
    private static let entriesThatMayBeClosed = """
        DROP VIEW postings;
        ALTER TABLE entries RENAME TO entries_before;
        DROP TRIGGER postings_immutable;
        DROP TRIGGER postings_kept;
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('reserve', 'settle', 'release')),
            reservation BLOB NOT NULL,
            account INTEGER NOT NULL,
            estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
            overrun INTEGER NOT NULL CHECK (overrun >= 0),
            overrun_cost INTEGER NOT NULL CHECK (overrun_cost >= 0),
            available INTEGER NOT NULL,
            held INTEGER NOT NULL,
            input INTEGER NOT NULL DEFAULT 0 CHECK (input >= 0),
            cache_read INTEGER NOT NULL DEFAULT 0 CHECK (cache_read >= 0),
            cache_write INTEGER NOT NULL DEFAULT 0 CHECK (cache_write >= 0),
            output INTEGER NOT NULL DEFAULT 0 CHECK (output >= 0),
            reasoning INTEGER NOT NULL DEFAULT 0 CHECK (reasoning >= 0),
            available_cost INTEGER NOT NULL,
            held_cost INTEGER NOT NULL,
            spent_cost INTEGER NOT NULL DEFAULT 0 CHECK (spent_cost >= 0),
            CHECK (available + held + input + cache_read + cache_write + output + reasoning = 0),
            CHECK (available_cost + held_cost + spent_cost = 0),
            CHECK (CASE kind WHEN 'reserve' THEN held >= 0 AND held_cost >= 0 ELSE held <= 0 AND held_cost <= 0 END)
        );
        INSERT INTO entries SELECT * FROM entries_before ORDER BY id;
        DROP TABLE entries_before;
        CREATE VIEW postings (entry, account, book, tokens, cost) AS
            SELECT id, account, 'available', available, available_cost FROM entries
            UNION ALL SELECT id, account, 'held', held, held_cost FROM entries
            UNION ALL SELECT id, account, 'spent:input', input, 0 FROM entries WHERE input <> 0
            UNION ALL SELECT id, account, 'spent:cache_read', cache_read, 0 FROM entries WHERE cache_read <> 0
            UNION ALL SELECT id, account, 'spent:cache_write', cache_write, 0 FROM entries WHERE cache_write <> 0
            UNION ALL SELECT id, account, 'spent:output', output, 0 FROM entries WHERE output <> 0
            UNION ALL SELECT id, account, 'spent:reasoning', reasoning, 0 FROM entries WHERE reasoning <> 0
            UNION ALL SELECT id, account, 'spent:cost', 0, spent_cost FROM entries WHERE spent_cost <> 0;
        """

    /// `used` and `overrun` are what counted against the account; the postings that stood at it are the columns behind,
    /// whose sum is zero as that of every entry is. An entry goes only once it is closed: its reservation is through, and
    /// it is not after `until`.
    private static let closing = """
        CREATE TABLE books_closed (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            until INTEGER NOT NULL,
            entries INTEGER NOT NULL CHECK (entries >= 0),
            calls INTEGER NOT NULL CHECK (calls >= 0),
            estimated INTEGER NOT NULL CHECK (estimated >= 0),
            audit INTEGER NOT NULL
        );
        CREATE TABLE opening_balances (
            account INTEGER PRIMARY KEY REFERENCES accounts(id),
            used INTEGER NOT NULL CHECK (used >= 0),
            used_cost INTEGER NOT NULL CHECK (used_cost >= 0),
            overrun INTEGER NOT NULL CHECK (overrun >= 0),
            overrun_cost INTEGER NOT NULL CHECK (overrun_cost >= 0),
            available INTEGER NOT NULL,
            input INTEGER NOT NULL CHECK (input >= 0),
            cache_read INTEGER NOT NULL CHECK (cache_read >= 0),
            cache_write INTEGER NOT NULL CHECK (cache_write >= 0),
            output INTEGER NOT NULL CHECK (output >= 0),
            reasoning INTEGER NOT NULL CHECK (reasoning >= 0),
            available_cost INTEGER NOT NULL,
            spent_cost INTEGER NOT NULL CHECK (spent_cost >= 0),
            CHECK (available + input + cache_read + cache_write + output + reasoning = 0),
            CHECK (available_cost + spent_cost = 0)
        );
        CREATE TRIGGER postings_immutable BEFORE UPDATE ON entries
            BEGIN SELECT raise(ABORT, 'postings are immutable'); END;
        CREATE TRIGGER postings_kept BEFORE DELETE ON entries
            WHEN OLD.at > coalesce((SELECT until FROM books_closed), OLD.at - 1)
                OR EXISTS (SELECT 1 FROM reservations WHERE id = OLD.reservation AND state IN ('held', 'sent'))
            BEGIN SELECT raise(ABORT, 'postings are kept'); END;
        CREATE INDEX reservations_invocation ON reservations(invocation);
        CREATE INDEX events_erased ON events(received_at, seq) WHERE erased_at IS NOT NULL;
        """
}
