import GuildDomain

@testable import GuildLedger

/// The rows of a ledger of the first version, as `sqlite3 .dump` shows them: one invocation that ended after a call and
/// one whose answer was lost, and one whose call was under way when the process died. Ids are short for reading.
enum OldLedger {
    static let begun = Timestamp(seconds: 1_780_000_000)
    static let root = EventID(high: 0, low: 0xE1)
    static let done = InvocationID(high: 0, low: 0xA1)
    static let running = InvocationID(high: 0, low: 0xA2)
    static let auditKinds: [AuditEntry.Kind] = [
        .eventAccepted, .dispatchDecided, .invocationBegun, .modelCalled, .modelFailed, .budgetEstimated,
        .invocationEnded,
    ]

    static let rows = """
        INSERT INTO events (seq, id, received_at, time, source, type, system, guildevent, subject, priority, chapter,
            root, hop, own, body)
        VALUES
            (1, x'000000000000000000000000000000E1', 1780000000000000, 1780000000000000, '/cli/tester', 'test.made',
                'cli', NULL, 'acme/shop#42', 2, 'sea', x'000000000000000000000000000000E1', 0, 0, x'7B7D'),
            (2, x'000000000000000000000000000000E2', 1780000001000000, 1780000001000000, '/cli/tester', 'test.made',
                'cli', NULL, 'acme/shop#43', 2, 'sea', x'000000000000000000000000000000E2', 0, 0, x'7B7D');
        INSERT INTO decisions (seq, event, rule, agent, revision, outcome, final, invocation, commit_id, reasons, at)
        VALUES
            (1, x'000000000000000000000000000000E1', 'agents/ranger#0', 'ranger', 0, 'dispatched', 1,
                x'000000000000000000000000000000A1', 'c0ffee', '["it matched"]', 1780000000000000),
            (2, x'000000000000000000000000000000E2', 'agents/ranger#0', 'ranger', 0, 'dispatched', 1,
                x'000000000000000000000000000000A2', 'c0ffee', '["it matched"]', 1780000001000000);
        INSERT INTO workers VALUES
            (x'000000000000000000000000000000F1', 'executor', 4711, 'elsewhere', '0.1.0', 1780000000000000, NULL);
        INSERT INTO invocations (seq, id, agent, chapter, commit_id, event, root, priority, state, attempt, lease_owner,
            lease_until, created_at, available_at, ended_at, input, output, cost, outcome)
        VALUES
            (1, x'000000000000000000000000000000A1', 'ranger', 'sea', 'c0ffee', x'000000000000000000000000000000E1',
                x'000000000000000000000000000000E1', 2, 'failed', 1, NULL, NULL, 1780000000000000, 1780000000000000,
                1780000003000000, 190, 1040, 2270, 'it broke'),
            (2, x'000000000000000000000000000000A2', 'ranger', 'sea', 'c0ffee', x'000000000000000000000000000000E2',
                x'000000000000000000000000000000E2', 2, 'active', 1, x'000000000000000000000000000000F1',
                1780000034000000, 1780000001000000, 1780000001000000, NULL, 0, 0, 0, NULL);
        INSERT INTO accounts VALUES
            (1, 'invocation/\(done)', 1230, 0, 2270, 0), (2, 'agent/ranger', 1230, 600, 2270, 1100),
            (3, 'invocation/\(running)', 0, 600, 0, 1100);
        INSERT INTO reservations VALUES
            (x'000000000000000000000000000000B1', x'000000000000000000000000000000A1', 1, 1,
                x'000000000000000000000000000000F1', 'settled', 100, 1000, 2100, 1780000001000000, 1780000002000000),
            (x'000000000000000000000000000000B2', x'000000000000000000000000000000A1', 2, 1,
                x'000000000000000000000000000000F1', 'settled', 100, 1000, 2100, 1780000002000000, 1780000003000000),
            (x'000000000000000000000000000000B3', x'000000000000000000000000000000A2', 1, 1,
                x'000000000000000000000000000000F1', 'held', 100, 500, 1100, 1780000004000000, NULL);
        INSERT INTO reservation_accounts VALUES
            (x'000000000000000000000000000000B1', 1), (x'000000000000000000000000000000B1', 2),
            (x'000000000000000000000000000000B2', 1), (x'000000000000000000000000000000B2', 2),
            (x'000000000000000000000000000000B3', 3), (x'000000000000000000000000000000B3', 2);
        INSERT INTO turns (invocation, n, attempt, state, provider, model, request_digest, reservation, begun_at, ended_at,
            stop, delta, input, output, cost)
        VALUES
            (x'000000000000000000000000000000A1', 1, 1, 'answered', 'stand-in', 'stand-in/small', 'd1',
                x'000000000000000000000000000000B1', 1780000001000000, 1780000002000000, 'tool_use', x'5B5D', 90, 40, 170),
            (x'000000000000000000000000000000A1', 2, 1, 'lost', 'stand-in', 'stand-in/small', 'd2',
                x'000000000000000000000000000000B2', 1780000002000000, 1780000003000000, NULL, NULL, 100, 1000, 2100),
            (x'000000000000000000000000000000A2', 1, 1, 'begun', 'stand-in', 'stand-in/small', 'd1',
                x'000000000000000000000000000000B3', 1780000004000000, NULL, NULL, NULL, 0, 0, 0);
        INSERT INTO tool_calls VALUES
            (x'000000000000000000000000000000A1', 1, 0, 'call0', 'codex.read', '{"path":"a"}', 'done', 'text', 0, NULL);
        INSERT INTO entries VALUES
            (1, 1780000001000000, 'reserve', x'000000000000000000000000000000B1', 0, 0, 0),
            (2, 1780000002000000, 'settle', x'000000000000000000000000000000B1', 0, 0, 0),
            (3, 1780000002000000, 'reserve', x'000000000000000000000000000000B2', 0, 0, 0),
            (4, 1780000003000000, 'settle', x'000000000000000000000000000000B2', 1, 0, 0),
            (5, 1780000004000000, 'reserve', x'000000000000000000000000000000B3', 0, 0, 0);
        INSERT INTO postings VALUES
            (1, 2, 'available', -1100, -2100), (1, 2, 'held', 1100, 2100),
            (2, 2, 'held', -1100, -2100), (2, 2, 'available', 970, 1930), (2, 2, 'spent:input', 90, 0),
            (2, 2, 'spent:output', 40, 0), (2, 2, 'spent:cost', 0, 170),
            (3, 2, 'available', -1100, -2100), (3, 2, 'held', 1100, 2100),
            (4, 2, 'held', -1100, -2100), (4, 2, 'spent:input', 100, 0), (4, 2, 'spent:output', 1000, 0),
            (4, 2, 'spent:cost', 0, 2100),
            (5, 2, 'available', -600, -1100), (5, 2, 'held', 600, 1100);
        INSERT INTO usage_rollups VALUES
            (494444, 'ranger', 'sea', 'stand-in/small', 2, 190, 0, 0, 1040, 0, 2270, 1100);
        INSERT INTO root_totals VALUES (x'000000000000000000000000000000E1', 2, 1230, 2270, 1780000003000000);
        """
}
