import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct AuditVerifyTests {
    private static let columns = [
        ("audit", "at"), ("audit", "actor"), ("audit", "kind"), ("audit", "subject"), ("audit", "commit_id"),
        ("audit", "cause"), ("audit", "root"), ("audit", "body_hash"), ("audit", "prev"), ("audit", "hash"),
        ("audit_bodies", "salt"), ("audit_bodies", "body"),
    ]

    /// A ledger with nine entries, an erasure, and two more.
    private func withEntries(_ body: (Ledger, SQLiteConnection) async throws -> Void) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(9)
            _ = try await ledger.audit.eraseBodies(bodiesOf: 2...3, policy: "p", actor: "retention", now: start)
            try await ledger.appendEntries(2, from: 11)
            #expect(try await ledger.problem() == nil)
            try await body(ledger, folder.rawConnection())
        }
    }

    @Test func `a changed byte of any column of any row is found, and at that row`() async throws {
        try await withEntries { ledger, raw async throws in
            for seq: Int64 in 1...12 {
                for (table, column) in Self.columns {
                    let stored = try raw.stored("SELECT \(column) FROM \(table) WHERE seq = \(seq)")
                    guard let stored, stored != .null else { continue }
                    let update = "UPDATE \(table) SET \(column) = ? WHERE seq = \(seq)"
                    try raw.transaction.run(update, [Self.changed(stored)])
                    let problem = try await ledger.problem()
                    // An erasure that does not hold uncovers what it covered.
                    #expect(problem?.seq == seq || seq == 10 && problem?.seq == 2, "\(table).\(column) of \(seq)")
                    try raw.transaction.run(update, [stored])
                }
            }
            #expect(try await ledger.problem() == nil)
        }
    }

    private static func changed(_ value: StoredValue) -> StoredValue {
        switch value {
        case .integer(let number): .integer(number ^ 1)
        case .text(let text): .text(text.dropLast() + "~")
        case .blob(let bytes): .blob(bytes.dropLast() + [(bytes.last ?? 0) ^ 1])
        case .null: value
        }
    }

    @Test func `any row removed, swapped with its neighbour or put in twice is found where it was`() async throws {
        for seq: Int64 in 1...12 {
            try await withEntries { ledger, raw async throws in
                try raw.script("DELETE FROM audit WHERE seq = \(seq)")
                // The erasure's own absence is what the entries that it covers show first.
                #expect(try await ledger.problem()?.seq == (seq == 10 ? 2 : seq))
            }
            guard seq < 12 else { continue }
            try await withEntries { ledger, raw async throws in
                for table in ["audit", "audit_bodies"] {
                    try raw.script(
                        """
                        UPDATE \(table) SET seq = -seq WHERE seq IN (\(seq), \(seq + 1));
                        UPDATE \(table) SET seq = \(2 * seq + 1) + seq WHERE seq < 0
                        """)
                }
                let found = try await ledger.problem()?.seq
                #expect(found == seq || found == 2 && [9, 10].contains(seq), "\(seq): \(found ?? 0)")
            }
            try await withEntries { ledger, raw async throws in
                for table in ["audit", "audit_bodies"] {
                    try raw.script(
                        """
                        UPDATE \(table) SET seq = -seq WHERE seq > \(seq);
                        UPDATE \(table) SET seq = 1 - seq WHERE seq < 0
                        """)
                }
                try raw.script(
                    """
                    INSERT INTO audit SELECT \(seq + 1), at, actor, kind, subject, commit_id, cause, root, body_hash,
                        prev, hash FROM audit WHERE seq = \(seq)
                    """)
                let found = try await ledger.problem()?.seq
                #expect(found == seq + 1 || found == 2 && seq < 10, "\(seq): \(found ?? 0)")
            }
        }
    }

    @Test func `a tail that was cut off is found by any anchor behind the cut, and by none before`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(10)
            let (early, late) = (try await ledger.anchorNow(at: 4), try await ledger.anchorNow())
            let raw = try folder.rawConnection()
            for last: Int64 in (0...9).reversed() {
                try raw.cutTail(after: last)
                #expect(try await ledger.problem() == nil)
                let problem = try await ledger.problem(against: [early, late])
                #expect(problem?.seq == last + 1)
                #expect(problem?.reason.contains("its tail was cut off") == true)
                if last >= 4 { #expect(try await ledger.problem(against: [early]) == nil) }
            }
        }
    }

    @Test func `a chain made anew stands by itself, and falls by an anchor that says between which entries`()
        async throws
    {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(12)
            let anchors = [
                try await ledger.anchorNow(at: 3), try await ledger.anchorNow(at: 8), try await ledger.anchorNow(),
            ]
            #expect(try await ledger.problem(against: anchors) == nil)
            try folder.rawConnection().rewriteChain(from: 5)
            #expect(try await ledger.problem() == nil)
            let problem = try await ledger.problem(against: anchors)
            #expect(problem?.seq == 4)
            #expect(
                problem?.reason == "it or a later one up to 8 was rewritten: the anchor at 8 has another chain hash")
            #expect(try await ledger.problem(against: [anchors[0]]) == nil)
            #expect(try await ledger.problem(against: [anchors[2]])?.seq == 1)
        }
    }

    @Test func `an anchor whose tree alone differs is found`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.appendEntries(5)
            let anchor = try await ledger.anchorNow()
            let forged = AuditAnchor(
                ledger: anchor.ledger, seq: anchor.seq, hash: anchor.hash, root: anchor.hash, at: anchor.at)
            #expect(try await ledger.problem(against: [forged])?.reason.contains("tree root") == true)
        }
    }

    @Test func `changed and stray nodes of the tree are found`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(600)
            _ = try await ledger.audit.state(at: 600)
            let raw = try folder.rawConnection()
            #expect(try await ledger.audit.verify(pageSize: 100).problem == nil)
            try raw.script("UPDATE audit_nodes SET hash = zeroblob(32) WHERE position = 1")
            #expect(try await ledger.audit.verify(pageSize: 100).problem?.seq == 257)
            try raw.script("DELETE FROM audit_nodes; INSERT INTO audit_nodes VALUES (8, 2, zeroblob(32))")
            #expect(try await ledger.audit.verify().problem?.seq == 601)
        }
    }

    // MARK: Erasure

    @Test func `what was erased under a policy verifies, and one body more does not`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(10)
            let erasure = try await ledger.audit.eraseBodies(
                bodiesOf: 3...5, policy: "policies/privacy.yaml: audit_logs 30d", actor: "retention", now: start)
            #expect(erasure == AuditErasure(entry: 11, range: 3...5, bodies: 3))
            let verdict = try await ledger.audit.verify(pageSize: 2)
            #expect(verdict.problem == nil)
            #expect(verdict.erased == 3)
            let log = try await ledger.audit.log(AuditFilter())
            let told = try #require(log.last)
            #expect(told.kind == "audit.erased")
            #expect(told.body?["policy"] == "policies/privacy.yaml: audit_logs 30d")
            #expect(told.body?["first"] == 3)
            #expect(told.body?["last"] == 5)

            let raw = try folder.rawConnection()
            for seq in [2, 6] {
                try raw.script(
                    """
                    CREATE TABLE kept AS SELECT * FROM audit_bodies WHERE seq = \(seq);
                    DELETE FROM audit_bodies WHERE seq = \(seq)
                    """)
                #expect(try await ledger.problem()?.seq == Int64(seq))
                #expect(try await ledger.problem()?.reason == "its body is missing and no erasure covers it")
                try raw.script("INSERT INTO audit_bodies SELECT * FROM kept; DROP TABLE kept")
            }
            // The erasure's own body is what covers the others.
            try raw.script("DELETE FROM audit_bodies WHERE seq = 11")
            #expect(try await ledger.problem()?.seq == 3)
        }
    }

    @Test func `an erasure takes body and salt from the file, leaves the other erasures, and comes in small batches`()
        async throws
    {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(7, agent: "the-secret-word")
            func erase() async throws -> AuditErasure? {
                try await ledger.audit.eraseBodies(
                    bodiesBefore: start + .seconds(6), policy: "p", actor: "retention", limit: 2,
                    now: start + .seconds(9))
            }
            #expect(try await erase()?.range == 1...2)
            #expect(try await erase()?.range == 3...4)
            #expect(try await erase()?.range == 5...5)
            #expect(try await erase() == nil)
            #expect(try await ledger.count("SELECT count(*) FROM audit_bodies WHERE seq < 8") == 2)
            #expect(
                try await ledger.audit.eraseBodies(bodiesOf: 1...100, policy: "p", actor: "a", now: start)?.range
                    == 6...7)
            #expect(try await ledger.audit.eraseBodies(bodiesOf: 1...100, policy: "p", actor: "a", now: start) == nil)
            #expect(try await ledger.problem() == nil)
            #expect(try await ledger.upkeep.checkpoint(above: 0))
            let file = try Data(contentsOf: URL(fileURLWithPath: folder.location.path))
            #expect(file.range(of: Data("the-secret-word".utf8)) == nil)
        }
    }

    @Test func `an erasure that is not in the chain covers nothing`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(5)
            let raw = try folder.rawConnection()
            // Entry 5 made into an erasure of entry 2, its own hashes and the head's made anew.
            try raw.script("UPDATE audit SET kind = 'audit.erased' WHERE seq = 5")
            try raw.rewriteChain(from: 5, body: #"{"first": 2, "last": 2}"#)
            let anchor = try await ledger.anchorNow(at: 4)
            try raw.script("DELETE FROM audit_bodies WHERE seq = 2")
            // That is a chain made anew: it stands, and only an anchor behind entry 5 could tell.
            #expect(try await ledger.problem(against: [anchor]) == nil)
            // Without new hashes it is no entry at all.
            try raw.script("UPDATE audit_bodies SET body = CAST('{\"first\": 1, \"last\": 2}' AS BLOB) WHERE seq = 5")
            #expect(try await ledger.problem()?.seq == 2)
        }
    }

    // MARK: Parts

    @Test func `an incremental verification begins behind the last one, and says so`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            func verify(_ begin: AuditVerification.Start) async throws -> AuditVerdict {
                var verification = AuditVerification()
                verification.start = begin
                return try await ledger.audit.verify(verification, now: start + .seconds(77))
            }
            try await ledger.appendEntries(300)
            #expect(try await verify(.remembered).first == 1)
            try await ledger.appendEntries(5, from: 301)
            let next = try await verify(.remembered)
            #expect(next.first == 301)
            #expect(next.entries == 305)
            #expect(next.rememberedAt == start + .seconds(77))
            #expect(next.problem == nil)
            let whole = try await verify(.beginning)
            #expect(whole.first == 1)
            #expect((whole.head, whole.root) == (next.head, next.root))

            let raw = try folder.rawConnection()
            try raw.script("UPDATE audit SET actor = 'x' WHERE seq = 100")
            #expect(try await verify(.remembered).problem == nil)
            #expect(try await verify(.beginning).problem?.seq == 100)
            try raw.cutTail(after: 200)
            #expect(try await verify(.remembered).problem?.seq == 305)
            try raw.rewriteChain(from: 100)
            try await ledger.appendEntries(200, from: 201)
            #expect(
                try await verify(.remembered).problem?.reason
                    == "it, or an earlier one, differs from the last verification")
        }
    }

    @Test func `what is remembered of another ledger, or is no document, is nothing`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.appendEntries(3)
            #expect(try await ledger.problem() == nil)
            let path = ledger.location.auditMarkPath
            let mark = try String(contentsOfFile: path, encoding: .utf8)
            let id = try await ledger.audit.ledgerID().description
            for text in [
                "", "{", "[]", mark.replacingOccurrences(of: id, with: "\(EventID.sample)"),
                mark.replacingOccurrences(of: "\"seq\": 3", with: "\"seq\": -3"),
                mark.replacingOccurrences(of: "\"seq\": 3", with: "\"seq\": 4"),
                mark.replacingOccurrences(of: "\"seq\": 3", with: "\"seq\": 9223372036854775807"),
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                var verification = AuditVerification()
                verification.start = .remembered
                #expect(try await ledger.audit.verify(verification, now: start).first == 1, "\(text)")
            }
        }
    }

    @Test func `a verification from an entry on trusts what is before`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(20)
            let anchor = try await ledger.anchorNow(at: 5)
            try folder.rawConnection().script("UPDATE audit SET actor = 'x' WHERE seq IN (4, 15)")
            #expect(try await ledger.problem(from: .entry(5))?.seq == 15)
            #expect(try await ledger.problem(from: .entry(15))?.seq == 15)
            #expect(try await ledger.problem(against: [anchor], from: .entry(16)) == nil)
            #expect(try await ledger.problem(from: .entry(21)) == nil)
            #expect(try await ledger.problem(from: .entry(-5))?.seq == 4)
            await #expect(throws: AuditFailure.noEntry(21)) { try await ledger.problem(from: .entry(22)) }
            let other = AuditAnchor(
                ledger: anchor.ledger, seq: 5, hash: anchor.root, root: anchor.root, at: anchor.at)
            #expect(try await ledger.problem(against: [other], from: .entry(16))?.seq == 1)
        }
    }

    @Test func `an export has every line that the hashes need`() async throws {
        try await withEntries { ledger, _ async throws in
            let export = try await ledger.audit.export(after: 0, through: .max)
            let lines = try String(decoding: export.lines, as: UTF8.self).split(separator: "\n")
                .map { try JSONParser.parse($0) }
            #expect(export.last == 12)
            #expect(lines.count == 12)
            #expect(lines[1]["body"] == .null)
            #expect(lines[1]["salt"] == .null)
            #expect(lines[4]["body"] == #"{"n":5,"agent":"ranger"}"#)
            #expect(lines[4]["prev"] == lines[3]["hash"])
            #expect(try await ledger.audit.export(after: 12, through: .max).last == nil)
            #expect(try await ledger.audit.export(after: 3, through: 5).last == 5)
        }
    }
}

extension EventID {
    fileprivate static var sample: EventID { Event.sample("another").id }
}
