extension LedgerSchema {
    /// Accounts, reservations and entries; what people changed; roll-ups.
    static let budgets = """
        -- All that a reservation looks at. `minute` and `hour` are the sliding windows (`BucketRing.bytes`),
        -- `limits` the codex's as last seen; `level` is a hint which accounts may have an alert.
        CREATE TABLE accounts (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
            reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
            used_cost INTEGER NOT NULL DEFAULT 0 CHECK (used_cost >= 0),
            reserved_cost INTEGER NOT NULL DEFAULT 0 CHECK (reserved_cost >= 0),
            minute BLOB,
            hour BLOB,
            day_start INTEGER NOT NULL DEFAULT 0,
            day_end INTEGER NOT NULL DEFAULT 0,
            day_used INTEGER NOT NULL DEFAULT 0 CHECK (day_used >= 0),
            day_cost INTEGER NOT NULL DEFAULT 0 CHECK (day_cost >= 0),
            day_told INTEGER NOT NULL DEFAULT 0 CHECK (day_told BETWEEN 0 AND 3),
            month_start INTEGER NOT NULL DEFAULT 0,
            month_end INTEGER NOT NULL DEFAULT 0,
            month_used INTEGER NOT NULL DEFAULT 0 CHECK (month_used >= 0),
            month_cost INTEGER NOT NULL DEFAULT 0 CHECK (month_cost >= 0),
            month_told INTEGER NOT NULL DEFAULT 0 CHECK (month_told BETWEEN 0 AND 3),
            limits_digest INTEGER,
            limits TEXT,
            adjusted_until INTEGER NOT NULL DEFAULT 0,
            level INTEGER NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 3),
            level_until INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX accounts_alerted ON accounts(level_until) WHERE level > 0;
        -- `accounts` is a JSON array of account ids.
        CREATE TABLE reservations (
            id BLOB PRIMARY KEY,
            invocation BLOB NOT NULL REFERENCES invocations(id),
            n INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            owner BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('held', 'sent', 'settled', 'released')),
            input INTEGER NOT NULL CHECK (input >= 0),
            output INTEGER NOT NULL CHECK (output >= 0),
            cost INTEGER NOT NULL CHECK (cost >= 0),
            made_at INTEGER NOT NULL,
            ended_at INTEGER,
            account INTEGER,
            accounts TEXT NOT NULL DEFAULT '[]',
            model TEXT NOT NULL DEFAULT '',
            deadline INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX reservations_open ON reservations(invocation) WHERE state IN ('held', 'sent');
        CREATE INDEX reservations_invocation ON reservations(invocation);
        -- An entry and its postings are one row, a column for each kind of amount, so that the schema refuses a
        -- sum other than zero. No foreign keys: closing an account would search all entries. `budget verify` finds an
        -- entry without its reservation.
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
            CHECK (CASE kind WHEN 'reserve' THEN held >= 0 AND held_cost >= 0 ELSE held <= 0 AND
                held_cost <= 0 END)
        ) STRICT;
        CREATE VIEW postings (entry, account, book, tokens, cost) AS
            SELECT id, account, 'available', available, available_cost FROM entries
            UNION ALL SELECT id, account, 'held', held, held_cost FROM entries
            UNION ALL SELECT id, account, 'spent:input', input, 0 FROM entries WHERE input <> 0
            UNION ALL SELECT id, account, 'spent:cache_read', cache_read, 0 FROM entries WHERE cache_read <> 0
            UNION ALL SELECT id, account, 'spent:cache_write', cache_write, 0 FROM entries WHERE cache_write <> 0
            UNION ALL SELECT id, account, 'spent:output', output, 0 FROM entries WHERE output <> 0
            UNION ALL SELECT id, account, 'spent:reasoning', reasoning, 0 FROM entries WHERE reasoning <> 0
            UNION ALL SELECT id, account, 'spent:cost', 0, spent_cost FROM entries WHERE spent_cost <> 0;
        CREATE TRIGGER postings_immutable BEFORE UPDATE ON entries
            BEGIN SELECT raise(ABORT, 'postings are immutable'); END;
        CREATE TRIGGER postings_kept BEFORE DELETE ON entries
            WHEN OLD.at > coalesce((SELECT until FROM books_closed), OLD.at - 1)
                OR EXISTS (SELECT 1 FROM reservations WHERE id = OLD.reservation AND state IN ('held', 'sent'))
            BEGIN SELECT raise(ABORT, 'postings are kept'); END;
        -- Up to when accounts are closed.
        CREATE TABLE books_closed (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            until INTEGER NOT NULL,
            entries INTEGER NOT NULL CHECK (entries >= 0),
            calls INTEGER NOT NULL CHECK (calls >= 0),
            estimated INTEGER NOT NULL CHECK (estimated >= 0),
            audit INTEGER NOT NULL
        ) STRICT;
        -- What closed accounts leave: `used` and `overrun` counted against the account; the sum of the rest is zero.
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
        ) STRICT;
        -- `entry` is the last entry before it, so that rules, changes and entries have one order.
        CREATE TABLE budget_rules (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            commit_id TEXT NOT NULL,
            zone TEXT NOT NULL,
            yellow INTEGER NOT NULL,
            orange INTEGER NOT NULL,
            red INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE limit_changes (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            account INTEGER NOT NULL REFERENCES accounts(id),
            commit_id TEXT NOT NULL,
            old TEXT,
            new TEXT NOT NULL
        ) STRICT;
        CREATE INDEX limit_changes_account ON limit_changes(account, at);
        CREATE TABLE grants (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            account INTEGER NOT NULL REFERENCES accounts(id),
            period TEXT NOT NULL CHECK (period IN ('perInvocation', 'perMinute', 'perHour', 'perDay',
                'perMonth')),
            until INTEGER,
            tokens INTEGER NOT NULL CHECK (tokens >= 0),
            cost INTEGER NOT NULL CHECK (cost >= 0),
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        ) STRICT;
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
        ) STRICT;
        CREATE INDEX throttles_account ON throttles(account) WHERE lifted_at IS NULL;
        -- Runs that wait for their budget; `enough` would end the wait.
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
            frees_up_at INTEGER,
            enough INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX budget_waits_account ON budget_waits(account);
        -- Whom the alerts of an account are told to, as the accepted commit has it.
        CREATE TABLE alert_recipients (
            account TEXT NOT NULL,
            position INTEGER NOT NULL,
            recipient TEXT NOT NULL,
            PRIMARY KEY (account, position)
        ) WITHOUT ROWID, STRICT;
        INSERT INTO budget_rules VALUES (1, 0, 0, '', '', 75, 90, 95);
        """
}
