import Foundation
import GuildDomain

@testable import GuildLedger

/// A ledger from before the schema had a version.
enum OldLedger {
    static let begun = Timestamp(seconds: 1_780_000_000)
    static let root = EventID(high: 0, low: 0xE1)
    static let done = InvocationID(high: 0, low: 0xA1)
    static let running = InvocationID(high: 0, low: 0xA2)
    static let auditKinds: [AuditEntry.Kind] = [
        .eventAccepted, .dispatchDecided, .invocationBegun, .modelCalled, .modelFailed, .budgetEstimated,
        .invocationEnded,
    ]

    /// What a new one had: `Fixtures/unreleased.sql`.
    static func schema() throws -> String {
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "Fixtures/unreleased.sql")
        return try String(contentsOf: fixture, encoding: .utf8)
    }

    /// Makes an empty one.
    static func make(_ folder: TemporaryFolder) throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: folder.location.path, busyMilliseconds: 5000)
        try connection.script(schema())
        return connection
    }

    /// Makes one with `rows`, and an audit entry of each kind of `auditKinds`.
    static func makeUsed(_ folder: TemporaryFolder) throws -> SQLiteConnection {
        let connection = try make(folder)
        try connection.transaction { db in
            try connection.script(rows)
            for (number, kind) in auditKinds.enumerated() {
                try db.audit.append(
                    AuditEntry(
                        at: begun + .seconds(number), actor: "executor", kind: kind, subject: "s\(number)",
                        root: root.description, body: ["n": .integer(number)]))
            }
        }
        return connection
    }

    /// As `sqlite3 .dump` shows them: one invocation that ended after a call and one whose answer was lost, and one whose
    /// call was under way when the process died. Ids are short for reading.
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
        INSERT INTO accounts (id, name, used, reserved, used_cost, reserved_cost) VALUES
            (1, 'invocation/\(done)', 1230, 0, 2270, 0), (2, 'agent/ranger', 1230, 600, 2270, 1100),
            (3, 'invocation/\(running)', 0, 600, 0, 1100);
        INSERT INTO reservations (id, invocation, n, attempt, owner, state, input, output, cost, made_at, ended_at, account,
            accounts, model)
        VALUES
            (x'000000000000000000000000000000B1', x'000000000000000000000000000000A1', 1, 1,
                x'000000000000000000000000000000F1', 'settled', 100, 1000, 2100, 1780000001000000, 1780000002000000,
                2, '[1,2]', 'stand-in/small'),
            (x'000000000000000000000000000000B2', x'000000000000000000000000000000A1', 2, 1,
                x'000000000000000000000000000000F1', 'settled', 100, 1000, 2100, 1780000002000000, 1780000003000000,
                2, '[1,2]', 'stand-in/small'),
            (x'000000000000000000000000000000B3', x'000000000000000000000000000000A2', 1, 1,
                x'000000000000000000000000000000F1', 'held', 100, 500, 1100, 1780000004000000, NULL,
                2, '[2,3]', 'stand-in/small');
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
            (x'000000000000000000000000000000A1', 1, 0, 'call0', 'codex.read', '{"path":"a"}', 'done', 'text', 0, NULL,
                NULL);
        INSERT INTO entries (id, at, kind, reservation, account, estimated, overrun, overrun_cost, available, held, input,
            output, available_cost, held_cost, spent_cost)
        VALUES
            (1, 1780000001000000, 'reserve', x'000000000000000000000000000000B1', 2, 0, 0, 0, -1100, 1100, 0, 0,
                -2100, 2100, 0),
            (2, 1780000002000000, 'settle', x'000000000000000000000000000000B1', 2, 0, 0, 0, 970, -1100, 90, 40,
                1930, -2100, 170),
            (3, 1780000002000000, 'reserve', x'000000000000000000000000000000B2', 2, 0, 0, 0, -1100, 1100, 0, 0,
                -2100, 2100, 0),
            (4, 1780000003000000, 'settle', x'000000000000000000000000000000B2', 2, 1, 0, 0, 0, -1100, 100, 1000,
                0, -2100, 2100),
            (5, 1780000004000000, 'reserve', x'000000000000000000000000000000B3', 2, 0, 0, 0, -600, 600, 0, 0,
                -1100, 1100, 0);
        INSERT INTO usage_rollups VALUES
            (494444, 'ranger', 'sea', 'stand-in/small', 2, 190, 0, 0, 1040, 0, 2270, 1100);
        INSERT INTO root_usage VALUES
            (494444, x'000000000000000000000000000000E1', 2, 190, 0, 0, 1040, 0, 2270, 1100);
        INSERT INTO root_totals VALUES (x'000000000000000000000000000000E1', 2, 1230, 2270, 1780000003000000);
        """
}
