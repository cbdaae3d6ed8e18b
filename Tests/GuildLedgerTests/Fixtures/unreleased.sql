-- The schema of a ledger that guild wrote before schemas had a version, as `sqlite3 .schema` shows it, and the rows that
-- a new one began with.
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    received_at INTEGER NOT NULL,
    time INTEGER NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    system TEXT NOT NULL,
    guildevent TEXT,
    subject TEXT,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
    chapter TEXT,
    traceparent TEXT,
    cause BLOB,
    root BLOB NOT NULL,
    hop INTEGER NOT NULL CHECK (hop >= 0),
    own INTEGER NOT NULL CHECK (own IN (0, 1)),
    body BLOB,
    body_ref TEXT, erased_at INTEGER, attributes TEXT, sender TEXT, outsider INTEGER NOT NULL DEFAULT 0 CHECK (outsider IN (0, 1)), containers TEXT,
    CHECK ((body IS NULL) <> (body_ref IS NULL))
);
CREATE INDEX events_cause ON events(cause) WHERE cause IS NOT NULL;
CREATE TABLE dedup (
    digest BLOB PRIMARY KEY,
    event BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dedup_expiry ON dedup(expires_at);
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    event BLOB NOT NULL,
    available_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_topic ON messages(topic, seq);
CREATE TABLE inbox (
    consumer TEXT NOT NULL,
    message BLOB NOT NULL,
    PRIMARY KEY (consumer, message)
) WITHOUT ROWID;
CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY,
    event BLOB NOT NULL REFERENCES events(id),
    rule TEXT NOT NULL,
    agent TEXT NOT NULL,
    revision INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    final INTEGER NOT NULL CHECK (final IN (0, 1)),
    until INTEGER,
    invocation BLOB,
    commit_id TEXT NOT NULL,
    reasons TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (event, rule, agent, revision)
);
CREATE TABLE invocations (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    agent TEXT NOT NULL,
    chapter TEXT,
    commit_id TEXT NOT NULL,
    event BLOB NOT NULL REFERENCES events(id),
    root BLOB NOT NULL,
    parent BLOB,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
    state TEXT NOT NULL CHECK (state IN ('queued', 'awakening', 'active', 'waiting', 'cooling', 'succeeded',
        'failed', 'cancelled', 'expired')),
    wait_reason TEXT CHECK ((wait_reason IS NOT NULL) = (state = 'waiting')),
    attempt INTEGER NOT NULL DEFAULT 0,
    lease_owner BLOB CHECK ((lease_owner IS NOT NULL) = (state IN ('awakening', 'active', 'cooling'))),
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    options TEXT NOT NULL DEFAULT '{}',
    affinity BLOB,
    input INTEGER NOT NULL DEFAULT 0,
    cache_read INTEGER NOT NULL DEFAULT 0,
    cache_write INTEGER NOT NULL DEFAULT 0,
    output INTEGER NOT NULL DEFAULT 0,
    reasoning INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0,
    outcome TEXT
);
CREATE INDEX invocations_queue ON invocations(priority, seq, available_at, agent, affinity, root)
    WHERE state = 'queued';
CREATE INDEX invocations_delayed ON invocations(available_at) WHERE state = 'queued';
CREATE INDEX invocations_held ON invocations(lease_until, agent) WHERE lease_owner IS NOT NULL;
CREATE INDEX invocations_waiting ON invocations(available_at) WHERE state = 'waiting';
CREATE INDEX invocations_affinity ON invocations(affinity) WHERE affinity IS NOT NULL;
CREATE INDEX invocations_event ON invocations(event);
CREATE INDEX invocations_root ON invocations(root);
CREATE INDEX invocations_agent ON invocations(agent, seq);
CREATE TABLE turns (
    invocation BLOB NOT NULL REFERENCES invocations(id),
    n INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'answered', 'lost')),
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    reservation BLOB NOT NULL,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER,
    stop TEXT,
    origin TEXT,
    delta BLOB,
    input INTEGER NOT NULL DEFAULT 0,
    cache_read INTEGER NOT NULL DEFAULT 0,
    cache_write INTEGER NOT NULL DEFAULT 0,
    output INTEGER NOT NULL DEFAULT 0,
    reasoning INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0, trimmed INTEGER NOT NULL DEFAULT 0 CHECK (trimmed >= 0),
    PRIMARY KEY (invocation, n, attempt)
) WITHOUT ROWID;
CREATE UNIQUE INDEX turns_answered ON turns(invocation, n) WHERE state = 'answered';
CREATE TABLE tool_calls (
    invocation BLOB NOT NULL REFERENCES invocations(id),
    n INTEGER NOT NULL,
    position INTEGER NOT NULL,
    call_id TEXT NOT NULL,
    name TEXT NOT NULL,
    arguments TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done')),
    result TEXT,
    is_error INTEGER NOT NULL DEFAULT 0,
    action BLOB, turn_at INTEGER,
    PRIMARY KEY (invocation, n, position),
    CHECK ((result IS NOT NULL) = (state = 'done'))
) WITHOUT ROWID;
CREATE TABLE actions (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    invocation BLOB NOT NULL REFERENCES invocations(id),
    root BLOB NOT NULL,
    n INTEGER NOT NULL,
    position INTEGER NOT NULL,
    connector TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject TEXT NOT NULL,
    arguments TEXT NOT NULL,
    reason TEXT NOT NULL,
    autonomy INTEGER NOT NULL CHECK (autonomy BETWEEN 1 AND 3),
    idempotency_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('awaiting', 'queued', 'running', 'succeeded', 'failed', 'rejected',
        'cancelled')),
    attempt INTEGER NOT NULL DEFAULT 0,
    available_at INTEGER NOT NULL,
    lease_owner BLOB CHECK ((lease_owner IS NOT NULL) = (state = 'running')),
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    affinity BLOB,
    result TEXT,
    error TEXT
, turn_at INTEGER, agent TEXT, counts_on TEXT, counted_at INTEGER, held_by TEXT, caps TEXT, policy TEXT);
CREATE INDEX actions_queue ON actions(seq, available_at) WHERE state = 'queued';
CREATE INDEX actions_delayed ON actions(available_at) WHERE state = 'queued';
CREATE INDEX actions_order ON actions(subject, seq) WHERE state IN ('queued', 'running');
CREATE INDEX actions_held ON actions(lease_until) WHERE lease_owner IS NOT NULL;
CREATE INDEX actions_awaiting ON actions(seq) WHERE state = 'awaiting';
CREATE INDEX actions_affinity ON actions(affinity) WHERE affinity IS NOT NULL;
CREATE INDEX actions_invocation ON actions(invocation);
CREATE TABLE action_attempts (
    action BLOB NOT NULL REFERENCES actions(id),
    attempt INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT,
    PRIMARY KEY (action, attempt)
) WITHOUT ROWID;
CREATE TABLE approvals (
    action BLOB PRIMARY KEY REFERENCES actions(id),
    decided_at INTEGER NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('approved', 'rejected')),
    actor TEXT NOT NULL,
    reason TEXT
, release INTEGER) WITHOUT ROWID;
CREATE TABLE notifications (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    severity TEXT NOT NULL,
    text TEXT NOT NULL,
    invocation BLOB,
    action BLOB,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed'))
);
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    used_cost INTEGER NOT NULL DEFAULT 0 CHECK (used_cost >= 0),
    reserved_cost INTEGER NOT NULL DEFAULT 0 CHECK (reserved_cost >= 0)
, minute BLOB, hour BLOB, day_start INTEGER NOT NULL DEFAULT 0, day_end INTEGER NOT NULL DEFAULT 0, day_used INTEGER NOT NULL DEFAULT 0 CHECK (day_used >= 0), day_cost INTEGER NOT NULL DEFAULT 0 CHECK (day_cost >= 0), day_told INTEGER NOT NULL DEFAULT 0 CHECK (day_told BETWEEN 0 AND 3), month_start INTEGER NOT NULL DEFAULT 0, month_end INTEGER NOT NULL DEFAULT 0, month_used INTEGER NOT NULL DEFAULT 0 CHECK (month_used >= 0), month_cost INTEGER NOT NULL DEFAULT 0 CHECK (month_cost >= 0), month_told INTEGER NOT NULL DEFAULT 0 CHECK (month_told BETWEEN 0 AND 3), limits_digest INTEGER, limits TEXT, adjusted_until INTEGER NOT NULL DEFAULT 0, level INTEGER NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 3), level_until INTEGER NOT NULL DEFAULT 0);
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
    ended_at INTEGER
, account INTEGER, accounts TEXT NOT NULL DEFAULT '[]', model TEXT NOT NULL DEFAULT '', deadline INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX reservations_open ON reservations(invocation) WHERE state IN ('held', 'sent');
CREATE TABLE usage_rollups (
    hour INTEGER NOT NULL,
    agent TEXT NOT NULL,
    chapter TEXT NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    PRIMARY KEY (hour, agent, chapter, model)
) WITHOUT ROWID;
CREATE TABLE root_totals (
    root BLOB PRIMARY KEY,
    calls INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE schedules (
    id TEXT PRIMARY KEY,
    seen_until INTEGER NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0
, enlisted_at INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE firings (
    schedule TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    event BLOB NOT NULL, kind TEXT NOT NULL DEFAULT 'due'
    CHECK (kind IN ('due', 'catch_up', 'buffered', 'trigger', 'backfill')), at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (schedule, due_at)
) WITHOUT ROWID;
CREATE TABLE codex_heads (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    commit_id TEXT NOT NULL,
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    problems TEXT NOT NULL
, serving INTEGER NOT NULL DEFAULT 0 CHECK (serving IN (0, 1)));
CREATE TABLE workers (
    id BLOB PRIMARY KEY,
    components TEXT NOT NULL,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) WITHOUT ROWID;
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
);
CREATE INDEX audit_root ON audit(root);
CREATE TABLE audit_bodies (
    seq INTEGER PRIMARY KEY REFERENCES audit(seq),
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    body BLOB NOT NULL
);
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
);
CREATE TRIGGER audit_immutable BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'audit entries are immutable'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'audit entries are kept'); END;
CREATE INDEX actions_subject ON actions(subject, seq);
CREATE INDEX events_retained ON events(received_at, seq) WHERE erased_at IS NULL;
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
CREATE INDEX audit_erasures ON audit(seq) WHERE kind = 'audit.erased';
CREATE INDEX accounts_alerted ON accounts(level_until) WHERE level > 0;
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
, enough INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX budget_waits_account ON budget_waits(account);
CREATE TRIGGER budget_waits_end AFTER UPDATE OF state ON invocations
    WHEN OLD.wait_reason = 'budget' AND NEW.state <> 'waiting'
    BEGIN DELETE FROM budget_waits WHERE invocation = NEW.id; END;
CREATE TABLE root_usage (
    hour INTEGER NOT NULL,
    root BLOB NOT NULL,
    calls INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    PRIMARY KEY (hour, root)
) WITHOUT ROWID;
CREATE INDEX events_body ON events(body_ref) WHERE body_ref IS NOT NULL;
CREATE TABLE retention_marks (
    name TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE agent_pauses (
    agent TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    reason TEXT,
    since INTEGER NOT NULL,
    until INTEGER CHECK (until > since)
) WITHOUT ROWID;
CREATE INDEX codex_heads_accepted ON codex_heads (seq) WHERE accepted = 1;
CREATE TABLE open_firings (
    schedule TEXT NOT NULL,
    event BLOB NOT NULL REFERENCES events(id),
    message INTEGER NOT NULL,
    PRIMARY KEY (schedule, event)
) WITHOUT ROWID;
CREATE INDEX open_firings_event ON open_firings(event);
CREATE TABLE buffered_firings (
    schedule TEXT PRIMARY KEY,
    due_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE missed_firings (
    schedule TEXT NOT NULL,
    first_due INTEGER NOT NULL,
    last_due INTEGER NOT NULL CHECK (last_due >= first_due),
    count INTEGER NOT NULL CHECK (count > 0),
    reason TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (schedule, first_due)
) WITHOUT ROWID;
CREATE INDEX missed_firings_last ON missed_firings(last_due);
CREATE TABLE schedule_pauses (
    seq INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT
);
CREATE INDEX schedule_pauses_target ON schedule_pauses(target, until);
CREATE TABLE debounces (
    agent TEXT NOT NULL,
    rule TEXT NOT NULL,
    key TEXT NOT NULL,
    invocation BLOB NOT NULL UNIQUE CHECK (length(invocation) = 16),
    event BLOB NOT NULL REFERENCES events(id),
    root BLOB NOT NULL,
    chapter TEXT,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
    opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    max_at INTEGER NOT NULL,
    events INTEGER NOT NULL CHECK (events > 0),
    PRIMARY KEY (agent, rule, key)
) WITHOUT ROWID;
CREATE INDEX debounces_due ON debounces(due_at);
CREATE TABLE merged_events (
    invocation BLOB NOT NULL,
    n INTEGER NOT NULL,
    event BLOB NOT NULL REFERENCES events(id) ON DELETE CASCADE,
    PRIMARY KEY (invocation, n)
) WITHOUT ROWID;
CREATE INDEX merged_events_event ON merged_events(event);
CREATE TABLE pending_decisions (
    event BLOB NOT NULL REFERENCES events(id),
    rule TEXT NOT NULL,
    agent TEXT NOT NULL,
    root BLOB NOT NULL,
    chapter TEXT,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
    invocation BLOB NOT NULL CHECK (length(invocation) = 16),
    due_at INTEGER NOT NULL,
    terms TEXT NOT NULL,
    PRIMARY KEY (event, rule, agent)
) WITHOUT ROWID;
CREATE INDEX pending_decisions_due ON pending_decisions(due_at);
CREATE TABLE rate_buckets (
    name TEXT PRIMARY KEY,
    level INTEGER NOT NULL,
    at INTEGER NOT NULL,
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0)
, excess INTEGER NOT NULL DEFAULT 0, reserved INTEGER NOT NULL DEFAULT 0, full_at INTEGER) WITHOUT ROWID;
CREATE TABLE fair_share (
    priority INTEGER NOT NULL,
    chapter TEXT NOT NULL,
    vtime INTEGER NOT NULL CHECK (vtime >= 0),
    weight INTEGER NOT NULL CHECK (weight > 0),
    PRIMARY KEY (priority, chapter)
) WITHOUT ROWID;
CREATE TABLE fair_clock (
    priority INTEGER PRIMARY KEY,
    vtime INTEGER NOT NULL CHECK (vtime >= 0)
);
CREATE TABLE dropped_letters (
    invocation BLOB PRIMARY KEY REFERENCES invocations(id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX invocations_dead ON invocations(seq, agent) WHERE state IN ('failed', 'expired');
CREATE INDEX invocations_share ON invocations(priority, coalesce(chapter, ''), seq)
    WHERE state = 'queued';
CREATE INDEX invocations_preempted ON invocations(seq) WHERE wait_reason = 'preempted';
CREATE INDEX decisions_pending ON decisions(event, rule, agent) WHERE final = 0;
CREATE TABLE alert_recipients (
    account TEXT NOT NULL,
    position INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (account, position)
) WITHOUT ROWID;
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
CREATE VIEW postings (entry, account, book, tokens, cost) AS
    SELECT id, account, 'available', available, available_cost FROM entries
    UNION ALL SELECT id, account, 'held', held, held_cost FROM entries
    UNION ALL SELECT id, account, 'spent:input', input, 0 FROM entries WHERE input <> 0
    UNION ALL SELECT id, account, 'spent:cache_read', cache_read, 0 FROM entries WHERE cache_read <> 0
    UNION ALL SELECT id, account, 'spent:cache_write', cache_write, 0 FROM entries WHERE cache_write <> 0
    UNION ALL SELECT id, account, 'spent:output', output, 0 FROM entries WHERE output <> 0
    UNION ALL SELECT id, account, 'spent:reasoning', reasoning, 0 FROM entries WHERE reasoning <> 0
    UNION ALL SELECT id, account, 'spent:cost', 0, spent_cost FROM entries WHERE spent_cost <> 0;
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
CREATE TABLE token_holds (
    invocation BLOB NOT NULL,
    bucket TEXT NOT NULL,
    tokens INTEGER NOT NULL CHECK (tokens >= 0),
    mark INTEGER NOT NULL,
    waiting INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    PRIMARY KEY (invocation, bucket)
) WITHOUT ROWID;
CREATE INDEX invocations_ended ON invocations(agent, seq) WHERE ended_at IS NOT NULL;
CREATE INDEX invocations_unfinished ON invocations(agent, seq) WHERE ended_at IS NULL;
CREATE TABLE duplicates (
    event BLOB PRIMARY KEY CHECK (length(event) = 16),
    said_at INTEGER NOT NULL,
    unsaid INTEGER NOT NULL CHECK (unsaid >= 0)
) WITHOUT ROWID;
CREATE INDEX duplicates_said ON duplicates(said_at);
CREATE INDEX actions_counted ON actions(agent, counted_at) WHERE counted_at IS NOT NULL;
CREATE INDEX actions_counted_on ON actions(agent, counts_on, counted_at)
    WHERE counts_on IS NOT NULL AND counted_at IS NOT NULL;
CREATE INDEX actions_capped ON actions(agent, held_by, seq)
    WHERE state = 'awaiting' AND held_by IS NOT NULL;
CREATE TABLE cap_releases (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    agent TEXT NOT NULL,
    cap TEXT NOT NULL,
    action BLOB NOT NULL,
    actor TEXT NOT NULL,
    granted INTEGER NOT NULL CHECK (granted >= 0),
    remaining INTEGER NOT NULL CHECK (remaining BETWEEN 0 AND granted),
    expires_at INTEGER NOT NULL CHECK (expires_at > at)
, scope TEXT NOT NULL DEFAULT '');
CREATE INDEX codex_heads_serving ON codex_heads (seq) WHERE serving = 1;
CREATE TABLE identity_gaps (
    system TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE codex_loading (
    worker BLOB PRIMARY KEY CHECK (length(worker) = 16),
    commit_id TEXT NOT NULL,
    since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX rate_buckets_full ON rate_buckets(full_at) WHERE full_at IS NOT NULL;
CREATE TABLE secret_pairs (
    reference TEXT NOT NULL,
    use TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'trusted', 'revoked')),
    since INTEGER NOT NULL,
    actor TEXT NOT NULL,
    commit_id TEXT,
    PRIMARY KEY (reference, use, address)
) WITHOUT ROWID;
CREATE TABLE secret_trust (
    begun_by TEXT PRIMARY KEY CHECK (begun_by IN ('serve', 'run')),
    at INTEGER NOT NULL,
    commit_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX cap_releases_open ON cap_releases(agent, cap, scope, expires_at) WHERE remaining > 0;
INSERT INTO grdb_migrations VALUES
    ('2026-11-road'),
    ('2026-11-upkeep'),
    ('2026-11-audit-tree'),
    ('2026-11-budgets'),
    ('2026-11-root-usage'),
    ('2026-11-retention'),
    ('2026-11-agent-pauses'),
    ('codex-heads-index'),
    ('2026-11-schedules'),
    ('2026-11-dispatch'),
    ('2026-11-alert-effects'),
    ('2026-11-closing'),
    ('2026-11-rate-turns'),
    ('2026-11-token-holds'),
    ('2026-11-agent-status'),
    ('2026-11-deliveries'),
    ('2026-11-event-containers'),
    ('2026-11-action-caps'),
    ('2026-11-serving'),
    ('2026-11-held-events'),
    ('2026-11-codex-loading'),
    ('2026-11-senders'),
    ('2026-11-secret-pairs'),
    ('2026-11-cap-scopes'),
    ('2026-11-budget-waits');
INSERT INTO audit_head VALUES (1, 0, zeroblob(32));
INSERT INTO audit_identity VALUES (1, randomblob(16));
INSERT INTO budget_rules VALUES (1, 0, 0, '', '', 75, 90, 95);
