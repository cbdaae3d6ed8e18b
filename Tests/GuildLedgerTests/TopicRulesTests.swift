import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

@Suite struct TopicRulesTests {
    @Test(arguments: [
        ("INSERT INTO messages (topic, event) VALUES (?, ?) RETURNING seq", SQLWrite.Kind.insert, "messages", []),
        ("DELETE FROM messages WHERE seq = ? RETURNING event", .delete, "messages", []),
        (
            "UPDATE actions SET state = CASE WHEN a = 1 THEN 'x' ELSE (SELECT b FROM c WHERE d = 2) END,\n held_by = NULL WHERE id = ?",
            .update, "actions", ["state", "held_by"]
        ),
        ("INSERT INTO a (b) VALUES (?) ON CONFLICT (b) DO UPDATE SET b = excluded.b", .insert, "a", []),
        ("UPDATE a SET b = 'c = d, e = f'", .update, "a", ["b"]),
    ])
    func `a statement's text says what it writes`(
        sql: String, kind: SQLWrite.Kind, table: String, columns: [String]
    ) throws {
        let write = try #require(SQLWrite(sql))
        #expect(write.kind == kind)
        #expect(write.table == table)
        #expect(write.columns == Set(columns))
    }

    @Test(arguments: [
        "SELECT 1", "", "UPDATE", "INSERT", "DELETE FROM", "UPDATE a SET", "= = = SET", "PRAGMA data_version",
    ])
    func `other texts write nothing, or no column`(sql: String) {
        #expect(SQLWrite(sql)?.columns ?? [] == [])
        #expect(TopicRules.topics(of: sql) == [])
    }

    @Test func `every table and column of the rules is in the schema`() async throws {
        try await withLedger { ledger async throws in
            for (table, rules) in TopicRules.rules {
                let columns = try await ledger.read { db in
                    Set(try db.column("SELECT name FROM pragma_table_info(?)", [table], as: String.self))
                }
                #expect(!columns.isEmpty, "no table \(table)")
                for rule in rules { #expect(rule.columns.isSubset(of: columns), "\(table): \(rule.columns)") }
            }
        }
    }

    @Test func `a claim wakes nobody, an end wakes those who wait for a slot`() {
        #expect(
            TopicRules.topics(of: "UPDATE invocations SET state = 'awakening', lease_owner = ? WHERE seq = 1") == [])
        #expect(TopicRules.topics(of: "UPDATE invocations SET ended_at = ? WHERE id = ?").contains(.invocations))
    }

    @Test func `a statement that changes no row raises nothing`() async throws {
        try await withLedger { ledger async throws in
            let seen = ledger.signal(.inbound).generation
            try await ledger.write { db in try db.run("UPDATE messages SET available_at = 1") }
            #expect(ledger.signal(.inbound).generation == seen)
            _ = try await ledger.events.accept(.sample("one"), policy: AcceptancePolicy(actor: "test"), now: start)
            let queued = ledger.signal(.inbound).generation
            #expect(queued != seen)
            try await ledger.write { db in
                _ = try db.value("UPDATE messages SET available_at = 1 RETURNING seq", as: Int64.self)
            }
            #expect(ledger.signal(.inbound).generation != queued)
        }
    }

    /// Wakes when the test says so.
    private final class ManualWakeUps: WakeUps {
        let woken = Mutex<(@Sendable () -> Void)?>(nil)
        let armed = Mutex(0)

        func begin(_ woken: @escaping @Sendable () -> Void) { self.woken.withLock { $0 = woken } }
        func lastWrite(isOurs: Bool) {}
        func arm() { armed.withLock { $0 += 1 } }
        func end() { woken.withLock { $0 = nil } }
    }

    @Test func `wake-ups are injected, and lead to a look for commits of others`() async throws {
        try await withTwoLedgers { one, two async throws in
            let wakeUps = ManualWakeUps()
            let watching = try Ledger(at: one.location, wakeUps: wakeUps)
            defer { watching.close() }
            watching.watch()
            let woken = try #require(wakeUps.woken.withLock { $0 })
            let signal = watching.signal(.cancellations)
            let seen = signal.generation
            try await two.queue("one")
            #expect(signal.generation == seen)
            woken()
            await signal.wait(after: seen)
            #expect(wakeUps.armed.withLock { $0 } == 1)
            let after = signal.generation
            woken()
            try await watching.write { _ in }
            #expect(signal.generation == after)
        }
    }
}
