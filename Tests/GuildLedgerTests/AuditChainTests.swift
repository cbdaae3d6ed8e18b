import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct AuditChainTests {
    /// A ledger with six entries all of whose columns are set.
    private func withEntries(_ body: (Ledger, SQLiteConnection) async throws -> Void) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            for number in 1...6 {
                try await ledger.audit.append(
                    AuditEntry(
                        at: start + .seconds(number), actor: "user:ada", kind: .operatorCommand, subject: "s\(number)",
                        commit: "c\(number)", cause: "e\(number)", root: "r\(number)", body: ["n": .integer(number)]))
            }
            #expect(try await ledger.audit.verify().problem == nil)
            try await body(ledger, folder.rawConnection())
        }
    }

    private func problem(after sql: String) async throws -> AuditVerdict.Problem? {
        var found: AuditVerdict.Problem?
        try await withEntries { ledger, raw async throws in
            try raw.script(sql)
            found = try await ledger.audit.verify().problem
        }
        return found
    }

    @Test func `an untouched chain verifies, in pages of any size`() async throws {
        try await withEntries { ledger, _ async throws in
            let whole = try await ledger.audit.verify()
            #expect(whole.entries == 6)
            #expect(whole.head.count == 64)
            for size in [1, 2, 3, 5, 6, 7, 0] { #expect(try await ledger.audit.verify(pageSize: size) == whole) }
        }
        try await withLedger { ledger async throws in
            #expect(
                try await ledger.audit.verify() == AuditVerdict(entries: 0, head: String(repeating: "0", count: 64)))
        }
    }

    @Test func `the ledger itself refuses to change or remove an entry`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.audit.append(
                AuditEntry(at: start, actor: "a", kind: .operatorCommand, subject: "s", body: .null))
            for sql in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"] {
                await #expect(throws: RowFault.self) { try await ledger.write { try $0.run(sql) } }
            }
        }
    }

    @Test(arguments: [
        ("audit", "at"), ("audit", "actor"), ("audit", "kind"), ("audit", "subject"), ("audit", "commit_id"),
        ("audit", "cause"), ("audit", "root"), ("audit", "body_hash"), ("audit", "prev"), ("audit", "hash"),
        ("audit_bodies", "salt"), ("audit_bodies", "body"),
    ])
    func `every changed byte of every column is found, at its entry`(table: String, column: String) async throws {
        try await withEntries { ledger, raw async throws in
            let value = try #require(try raw.stored("SELECT \(column) FROM \(table) WHERE seq = 3"))
            #expect(value != .null)
            let update = "UPDATE \(table) SET \(column) = ? WHERE seq = 3"
            for changed in Self.changes(of: value) {
                try raw.transaction.run(update, [changed])
                #expect(try await ledger.audit.verify(pageSize: 2).problem?.seq == 3, "\(changed)")
            }
            try raw.transaction.run(update, [value])
            #expect(try await ledger.audit.verify().problem == nil)
        }
    }

    /// Each byte changed in turn, one byte appended, and the value as another type.
    private static func changes(of value: StoredValue) -> [StoredValue] {
        switch value {
        case .integer(let number):
            return (0..<63).map { .integer(number ^ (1 << $0)) } + [.text("x\(number)")]
        case .text(let text):
            let bytes = Array(text.utf8)
            let each = bytes.indices.map { index -> StoredValue in
                var copy = bytes
                copy[index] ^= 1
                return .text(String(decoding: copy, as: UTF8.self))
            }
            return each + [.text(text + "x"), .blob(bytes), .text("")]
        case .blob(let bytes):
            return bytes.indices.map { index in
                var copy = bytes
                copy[index] ^= 0x80
                return .blob(copy)
            }
        case .null: return []
        }
    }

    @Test(arguments: ["commit_id", "cause", "root"])
    func `a column that was emptied is found`(column: String) async throws {
        #expect(try await problem(after: "UPDATE audit SET \(column) = NULL WHERE seq = 3")?.seq == 3)
    }

    @Test(arguments: ["actor", "kind", "subject", "commit_id", "cause", "root"])
    func `text behind a zero byte, and bytes that are no text, are found`(column: String) async throws {
        let hidden = "UPDATE audit SET \(column) = \(column) || char(0) || 'x' WHERE seq = 3"
        #expect(try await problem(after: hidden)?.seq == 3)
        let broken = "UPDATE audit SET \(column) = CAST(x'FF' AS TEXT) WHERE seq = 3"
        #expect(try await problem(after: broken)?.seq == 3)
    }

    @Test func `text moved from one column to its neighbour is found`() async throws {
        #expect(
            try await problem(after: "UPDATE audit SET commit_id = NULL, cause = commit_id || cause WHERE seq = 4")?.seq
                == 4)
    }

    @Test(
        arguments: [
            ("DELETE FROM audit WHERE seq = 1", 1), ("DELETE FROM audit WHERE seq = 4", 4),
            ("DELETE FROM audit WHERE seq IN (2, 3, 5)", 2), ("DELETE FROM audit WHERE seq = 6", 6),
            ("DELETE FROM audit WHERE seq >= 5", 5), ("DELETE FROM audit", 1),
            ("DELETE FROM audit_bodies WHERE seq = 2", 2), ("UPDATE audit SET seq = 99 WHERE seq = 3", 3),
            ("UPDATE audit_bodies SET seq = 99 WHERE seq = 3", 3),
        ] as [(String, Int64)])
    func `a removed entry is found where it was`(sql: String, seq: Int64) async throws {
        #expect(try await problem(after: sql)?.seq == seq)
    }

    @Test(arguments: [
        "UPDATE audit SET seq = -seq WHERE seq IN (3, 4); UPDATE audit SET seq = 7 + seq WHERE seq < 0",
        """
        UPDATE audit SET seq = -seq WHERE seq IN (3, 4); UPDATE audit SET seq = 7 + seq WHERE seq < 0;
        UPDATE audit_bodies SET seq = -seq WHERE seq IN (3, 4); UPDATE audit_bodies SET seq = 7 + seq WHERE seq < 0
        """,
    ])
    func `two entries that changed places are found`(sql: String) async throws {
        #expect(try await problem(after: sql)?.seq == 3)
    }

    @Test(
        arguments: [
            (
                """
                UPDATE audit SET seq = seq + 100 WHERE seq >= 4; UPDATE audit SET seq = seq - 99 WHERE seq > 100;
                UPDATE audit_bodies SET seq = seq + 100 WHERE seq >= 4; UPDATE audit_bodies SET seq = seq - 99 WHERE seq > 100;
                INSERT INTO audit SELECT 4, at, actor, kind, 'forged', commit_id, cause, root, body_hash, hash, hash
                    FROM audit WHERE seq = 3;
                INSERT INTO audit_bodies SELECT 4, salt, body FROM audit_bodies WHERE seq = 3
                """, 4
            ),
            (
                "INSERT INTO audit SELECT 7, at, actor, kind, subject, commit_id, cause, root, body_hash, hash, hash FROM audit WHERE seq = 6",
                7
            ),
            (
                "INSERT INTO audit SELECT -5, at, actor, kind, subject, commit_id, cause, root, body_hash, prev, hash FROM audit WHERE seq = 1",
                -5
            ),
            (
                "INSERT INTO audit SELECT 0, at, actor, kind, subject, commit_id, cause, root, body_hash, prev, hash FROM audit WHERE seq = 1",
                0
            ),
            ("INSERT INTO audit_bodies SELECT 8, salt, body FROM audit_bodies WHERE seq = 1", 8),
        ] as [(String, Int64)])
    func `an inserted entry is found where it stands`(sql: String, seq: Int64) async throws {
        #expect(try await problem(after: sql)?.seq == seq)
    }

    @Test(arguments: [
        "UPDATE audit_head SET seq = 5", "UPDATE audit_head SET seq = 9", "UPDATE audit_head SET hash = zeroblob(32)",
        "DELETE FROM audit_head", "UPDATE audit_head SET seq = 'six'",
        "UPDATE audit_head SET hash = printf('%032d', 1)",
    ])
    func `a head that is not the chain's is found`(sql: String) async throws {
        #expect(try await problem(after: sql) != nil)
    }

    @Test func `nothing is appended to a damaged head`() async throws {
        try await withEntries { ledger, raw async throws in
            try raw.script("DELETE FROM audit_head")
            await #expect(throws: LedgerFailure.notALedger(path: ledger.location.path)) { try await ledger.queue() }
            #expect(try await ledger.count("SELECT count(*) FROM events") == 0)
        }
    }

    @Test func `a chain of two processes' entries is one chain`() async throws {
        try await withTwoLedgers { one, two async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    let ledger = number.isMultiple(of: 2) ? one : two
                    group.addTask {
                        try await ledger.audit.append(
                            AuditEntry(at: start, actor: "a", kind: .operatorCommand, subject: "\(number)", body: .null)
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await one.audit.verify(pageSize: 7) == two.audit.verify())
            #expect(try await one.audit.verify().entries == 60)
        }
    }

    @Test func `the hash of an entry is what the format says`() {
        var bytes: [UInt8] = [1] + [0, 0, 0, 0, 0, 0, 0, 2] + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        bytes += [0, 0, 0, 1, 0x61] + [0, 0, 0, 2, 0x62, 0x62] + [0, 0, 0, 0]
        bytes += [0xFF, 0xFF, 0xFF, 0xFF] + [0, 0, 0, 1, 0x63] + [0xFF, 0xFF, 0xFF, 0xFF]
        let (body, previous) = ([UInt8](repeating: 5, count: 32), [UInt8](repeating: 6, count: 32))
        let hash = AuditHash.entry(
            seq: 2, at: -1, texts: ["a", "bb", "", nil, "c", nil], bodyHash: body, previous: previous)
        #expect(hash == ContentDigest.bytes(of: bytes + body + previous))
        #expect(AuditHash.body(salt: [1, 2], body: [3]) == ContentDigest.bytes(of: [1, 2, 3]))
    }
}
