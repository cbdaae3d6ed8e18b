import GRDB

extension LedgerSchema {
    /// The whole hierarchy of budgets: windows, limits, grants, throttles and what waits for room.
    static func registerBudgets(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-budgets") { db in
            try db.execute(sql: accounts)
            try db.execute(sql: reservations)
            try db.execute(sql: entries)
            try db.execute(sql: budgetState)
            try db.execute(sql: budgetWaits)
        }
    }

    /// One row holds all that a call's reservation has to look at. `minute` and `hour` are the buckets of the sliding
    /// windows (`BucketRing.bytes`); `limits` are the codex's as last seen, `limits_digest` tells without reading them
    /// whether a plan has the same. `level` is a hint which accounts may have an alert; the level itself is reckoned.
    private static let accounts = """
        ALTER TABLE accounts ADD COLUMN minute BLOB;
        ALTER TABLE accounts ADD COLUMN hour BLOB;
        ALTER TABLE accounts ADD COLUMN day_start INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN day_end INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN day_used INTEGER NOT NULL DEFAULT 0 CHECK (day_used >= 0);
        ALTER TABLE accounts ADD COLUMN day_cost INTEGER NOT NULL DEFAULT 0 CHECK (day_cost >= 0);
        ALTER TABLE accounts ADD COLUMN day_told INTEGER NOT NULL DEFAULT 0 CHECK (day_told BETWEEN 0 AND 3);
        ALTER TABLE accounts ADD COLUMN month_start INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN month_end INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN month_used INTEGER NOT NULL DEFAULT 0 CHECK (month_used >= 0);
        ALTER TABLE accounts ADD COLUMN month_cost INTEGER NOT NULL DEFAULT 0 CHECK (month_cost >= 0);
        ALTER TABLE accounts ADD COLUMN month_told INTEGER NOT NULL DEFAULT 0 CHECK (month_told BETWEEN 0 AND 3);
        ALTER TABLE accounts ADD COLUMN limits_digest INTEGER;
        ALTER TABLE accounts ADD COLUMN limits TEXT;
        ALTER TABLE accounts ADD COLUMN adjusted_until INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN level INTEGER NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 3);
        ALTER TABLE accounts ADD COLUMN level_until INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX accounts_alerted ON accounts(level_until) WHERE level > 0;
        """

    /// The accounts of a reservation are a JSON array of their ids, so that it is one row whatever it counts against.
    private static let reservations = """
        ALTER TABLE reservations ADD COLUMN account INTEGER;
        ALTER TABLE reservations ADD COLUMN accounts TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE reservations ADD COLUMN model TEXT NOT NULL DEFAULT '';
        ALTER TABLE reservations ADD COLUMN deadline INTEGER NOT NULL DEFAULT 0;
        UPDATE reservations SET
            accounts = (SELECT json_group_array(account) FROM reservation_accounts WHERE reservation = reservations.id),
            account = (SELECT a.id FROM reservation_accounts r JOIN accounts a ON a.id = r.account
                WHERE r.reservation = reservations.id ORDER BY a.name GLOB 'agent/*' DESC, a.id LIMIT 1),
            model = coalesce((SELECT model FROM turns WHERE invocation = reservations.invocation
                AND n = reservations.n AND attempt = reservations.attempt), '');
        DROP TABLE reservation_accounts;
        """

    /// An entry and its postings are one row, a column for each book, so that the schema itself refuses one whose sum
    /// is not zero. `postings` shows them as lines.
    private static let entries = """
        ALTER TABLE entries RENAME TO entries_before;
        ALTER TABLE postings RENAME TO postings_before;
        DROP TRIGGER postings_immutable;
        DROP TRIGGER postings_kept;
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('reserve', 'settle', 'release')),
            reservation BLOB NOT NULL REFERENCES reservations(id),
            account INTEGER NOT NULL REFERENCES accounts(id),
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
        INSERT INTO entries
            SELECT e.id, e.at, e.kind, e.reservation, max(p.account), e.estimated, e.overrun, e.overrun_cost,
                sum(CASE p.book WHEN 'available' THEN p.tokens ELSE 0 END),
                sum(CASE p.book WHEN 'held' THEN p.tokens ELSE 0 END),
                sum(CASE p.book WHEN 'spent:input' THEN p.tokens ELSE 0 END),
                sum(CASE p.book WHEN 'spent:cache_read' THEN p.tokens ELSE 0 END),
                sum(CASE p.book WHEN 'spent:cache_write' THEN p.tokens ELSE 0 END),
                sum(CASE p.book WHEN 'spent:output' THEN p.tokens ELSE 0 END),
                sum(CASE p.book WHEN 'spent:reasoning' THEN p.tokens ELSE 0 END),
                sum(CASE p.book WHEN 'available' THEN p.cost ELSE 0 END),
                sum(CASE p.book WHEN 'held' THEN p.cost ELSE 0 END),
                sum(CASE p.book WHEN 'spent:cost' THEN p.cost ELSE 0 END)
            FROM entries_before e JOIN postings_before p ON p.entry = e.id GROUP BY e.id ORDER BY e.id;
        DROP TABLE postings_before;
        DROP TABLE entries_before;
        CREATE TRIGGER postings_immutable BEFORE UPDATE ON entries
            BEGIN SELECT raise(ABORT, 'postings are immutable'); END;
        CREATE TRIGGER postings_kept BEFORE DELETE ON entries
            BEGIN SELECT raise(ABORT, 'postings are kept'); END;
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

    /// The rules of the codex as last seen, what people changed, and each change of a limit. `entry` is the last entry
    /// before it, so that all of it has one order.
    private static let budgetState = """
        CREATE TABLE budget_rules (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            commit_id TEXT NOT NULL,
            zone TEXT NOT NULL,
            yellow INTEGER NOT NULL,
            orange INTEGER NOT NULL,
            red INTEGER NOT NULL
        );
        INSERT INTO budget_rules VALUES (1, 0, 0, '', '', 75, 90, 95);
        CREATE TABLE limit_changes (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            account INTEGER NOT NULL REFERENCES accounts(id),
            commit_id TEXT NOT NULL,
            old TEXT,
            new TEXT NOT NULL
        );
        CREATE INDEX limit_changes_account ON limit_changes(account, at);
        CREATE TABLE grants (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            account INTEGER NOT NULL REFERENCES accounts(id),
            period TEXT NOT NULL CHECK (period IN ('perInvocation', 'perMinute', 'perHour', 'perDay', 'perMonth')),
            until INTEGER,
            tokens INTEGER NOT NULL CHECK (tokens >= 0),
            cost INTEGER NOT NULL CHECK (cost >= 0),
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        );
        CREATE INDEX grants_account ON grants(account, until);
        CREATE TABLE throttles (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            account INTEGER NOT NULL REFERENCES accounts(id),
            period TEXT CHECK (period IN ('perInvocation', 'perMinute', 'perHour', 'perDay', 'perMonth')),
            permille INTEGER CHECK (permille BETWEEN 0 AND 999),
            tokens INTEGER CHECK (tokens >= 0),
            until INTEGER,
            lifted_at INTEGER,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            CHECK ((permille IS NULL) <> (tokens IS NULL))
        );
        CREATE INDEX throttles_account ON throttles(account) WHERE lifted_at IS NULL;
        """

    private static let budgetWaits = """
        CREATE TABLE budget_waits (
            invocation BLOB PRIMARY KEY REFERENCES invocations(id),
            account INTEGER NOT NULL REFERENCES accounts(id),
            since INTEGER NOT NULL,
            period TEXT NOT NULL,
            setting TEXT NOT NULL,
            max_level INTEGER NOT NULL,
            limit_amount INTEGER NOT NULL,
            used INTEGER NOT NULL,
            reserved INTEGER NOT NULL,
            needed INTEGER NOT NULL,
            is_money INTEGER NOT NULL CHECK (is_money IN (0, 1)),
            frees_up_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX budget_waits_account ON budget_waits(account);
        CREATE TRIGGER budget_waits_end AFTER UPDATE OF state ON invocations
            WHEN OLD.wait_reason = 'budget' AND NEW.state <> 'waiting'
            BEGIN DELETE FROM budget_waits WHERE invocation = NEW.id; END;
        """
}
