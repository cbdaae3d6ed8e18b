import Foundation
import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildLedger

/// `docs/verify_audit.py` on exports and ledgers that somebody tampered with: it refuses each of them, and names the entry.
@Suite struct VerifyAuditScriptTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/verify_audit.py").standardizedFileURL.path

    private func verify(_ arguments: String..., input: String = "") async throws -> ChildProcess.Finished {
        let finished = try await ChildProcess.run(
            "/usr/bin/env", ["python3", Self.script] + arguments, input: Array(input.utf8))
        #expect(!finished.errors.contains("Traceback"), "\(finished.errors)")
        return finished
    }

    /// A ledger with nine entries, an erasure of two bodies, and two more.
    private func withEntries(_ body: (Ledger, TemporaryFolder) async throws -> Void) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(9)
            _ = try await ledger.audit.eraseBodies(bodiesOf: 2...3, policy: "p", actor: "retention", now: start)
            try await ledger.appendEntries(2, from: 11)
            try await body(ledger, folder)
        }
    }

    private func lines(of ledger: Ledger) async throws -> [String] {
        let export = try await ledger.audit.export(after: 0, through: ledger.audit.head())
        return String(decoding: export.lines, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    // MARK: Exports

    @Test func `an export and its ledger are valid, with the head and root that guild computes`() async throws {
        try await withEntries { ledger, folder async throws in
            let verdict = try await ledger.audit.verify()
            let valid = "1..12: 2 bodies erased, head \(verdict.head), tree root \(verdict.root)\n"
            let log = try folder.write("log.jsonl", try await lines(of: ledger))
            let anchor = try folder.write("anchor.json", [try await ledger.anchorNow(at: 5).json.text()])
            for path in [log, folder.location.path] {
                for finished in [try await verify(path), try await verify(path, anchor)] {
                    #expect(finished.status == 0, "\(finished.errors)")
                    #expect(finished.output == valid)
                }
            }
        }
    }

    @Test func `a line that could show a reader what nobody verified is refused`() async throws {
        try await withEntries { ledger, folder async throws in
            let lines = try await lines(of: ledger)
            for (forged, problem) in try Self.forgeries(of: lines[4]) {
                var tampered = lines
                tampered[4] = forged
                let finished = try await verify(try folder.write("log.jsonl", tampered))
                #expect(finished.status == 1, "\(forged)")
                #expect(finished.errors.contains("entry 5: \(problem)"), "\(forged): \(finished.errors)")
            }
            var tampered = lines
            tampered[0] = lines[0].replacingOccurrences(of: "\"seq\":1,", with: "\"seq\":true,")
            let finished = try await verify(try folder.write("log.jsonl", tampered))
            #expect(finished.status == 1)
            #expect(finished.errors.contains("the first entry: seq has another type"), "\(finished.errors)")
        }
    }

    /// Lines in place of an entry's own, each with the beginning of what the script says. A parser that is not strict
    /// finds the entry's hashes right in most of them.
    private static func forgeries(of line: String) throws -> [(line: String, problem: String)] {
        let entry = try JSONParser.parse(line)
        let (salt, body) = (try #require(entry["salt"]?.string), try #require(entry["body"]?.string))
        let (at, hash) = (try #require(entry["at"]?.integer), try #require(entry["hash"]?.string))
        let (saltMember, bodyMember) = ("\"salt\":\"\(salt)\"", "\"body\":" + JSONValue.string(body).text())
        let bodyDigits = ContentDigest.hex(bytes: Array(body.utf8))
        let encoded = Data(body.utf8).base64EncodedString()
        func changing(_ member: String, to other: String) -> String {
            line.replacingOccurrences(of: member, with: other)
        }
        func salted(_ salt: String, _ body: String) -> String {
            changing(saltMember, to: "\"salt\":\(salt)").replacingOccurrences(of: bodyMember, with: "\"body\":\(body)")
        }
        let (members, torn) = (String(line.dropFirst()), String(line.dropLast()))
        let rest = JSONValue.string(String(body.dropFirst(10))).text()
        return [
            // Two bodies, and one in the form that is not for it.
            (changing(bodyMember, to: "\"body\":\"{}\",\"body_base64\":\"\(encoded)\""), "its members are not"),
            (changing(bodyMember, to: "\"body_base64\":\"\(encoded)\""), "body_base64 is not"),
            (changing(bodyMember, to: "\"body_base64\":\"!!\(encoded)\""), ""),
            (changing(bodyMember, to: "\"body_base64\":null"), "body_base64 is not"),
            // Bytes that moved between salt and body.
            (salted("\"\(salt)\(bodyDigits.prefix(20))\"", rest), "salt does not have 16 bytes"),
            (salted("\"\(salt)\(bodyDigits)\"", "\"\""), "salt does not have 16 bytes"),
            (salted("\"\(salt)\(bodyDigits)\"", "null"), "salt does not have 16 bytes"),
            (salted("\"\(salt)\"", "null"), "its body was changed"),
            (changing(saltMember, to: "\"salt\":null"), "its body was changed"),
            // Members that another parser takes, or that no hash covers.
            ("{\"actor\":\"user:eve\",\(members)", "a member occurs twice"),
            ("{\"\\u0061ctor\":\"user:eve\",\(members)", "a member occurs twice"),
            ("{\"commit_id\":\"c0ffee\",\(members)", "its members are not"),
            (changing("\"seq\":5,", to: "\"seq\":5.0,"), "seq has another type"),
            (changing("\"at\":\(at)", to: "\"at\":\"\(at)\""), "at has another type"),
            (changing("\"at\":\(at)", to: "\"at\":\(at)0000000000"), "at does not fit 8 bytes"),
            (changing("user:ada", to: "\\ud800"), "'utf-8' codec can't encode"),
            (changing(hash, to: hash.uppercased()), "hash is not in lowercase hexadecimal digits"),
            // No entries.
            ("null", "it is not a JSON object"), ("", "it is not JSON"), (torn, "it is not JSON"),
            (String(repeating: "[", count: 100_000), "it is not JSON"),
        ]
    }

    @Test func `an anchor before a part counts only if it is of the entry directly before`() async throws {
        try await withEntries { ledger, folder async throws in
            let lines = try await lines(of: ledger)
            let early = try await ledger.anchorNow(at: 5)
            let forged = AuditAnchor(
                ledger: early.ledger, seq: 5, hash: early.root, root: early.root, at: early.at)
            let (atFive, forgedAtFive, atEight) = (
                try folder.write("5.json", [early.json.text()]), try folder.write("forged.json", [forged.json.text()]),
                try folder.write("8.json", [try await ledger.anchorNow(at: 8).json.text()])
            )
            let adjacent = try folder.write("adjacent.jsonl", lines[5...8])
            #expect(try await verify(adjacent, atFive).status == 0)
            let refused = try await verify(adjacent, forgedAtFive)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("entry 5: not as in the anchor"))

            let apart = try folder.write("apart.jsonl", lines[6...8])
            for anchor in [atFive, forgedAtFive] {
                let finished = try await verify(apart, anchor)
                #expect(finished.status == 1)
                #expect(finished.errors.contains("no anchor was compared"))
            }
            let finished = try await verify(apart, atFive, atEight)
            #expect(finished.status == 0)
            #expect(finished.errors.contains("the anchor of entry 5 is not compared"))
        }
    }

    @Test func `what cannot be read is told apart from what is invalid`() async throws {
        try await withEntries { ledger, folder async throws in
            let log = try folder.write("log.jsonl", try await lines(of: ledger))
            let zero = try await ledger.anchorNow().json.text().replacingOccurrences(
                of: "\"seq\":12", with: "\"seq\":0")
            let bad = try folder.write("bad.json", [zero])
            #expect(try await verify().errors.hasPrefix("usage: "))
            for finished in [
                try await verify(), try await verify("--help"), try await verify(folder.path + "/nothing"),
                try await verify(folder.path), try await verify(log, log), try await verify(log, bad),
                try await verify(log, folder.path + "/nothing"),
            ] {
                #expect(finished.status == 2)
                #expect(finished.output == "")
            }
            let empty = try await verify(try folder.write("empty.jsonl", [String]()))
            #expect(empty.status == 1)
            #expect(empty.errors.contains("the export is empty"))
        }
    }

    // MARK: Ledgers

    @Test(arguments: [
        ("DELETE FROM audit_bodies WHERE seq < 5; DELETE FROM audit WHERE seq < 5", "entry 1: missing"),
        ("DELETE FROM audit_bodies WHERE seq > 11; DELETE FROM audit WHERE seq > 11", "the log ends at 11"),
        ("INSERT INTO audit_bodies VALUES (99, zeroblob(16), x'7b7d')", "entry 99: a body without an entry"),
        ("DELETE FROM audit_bodies WHERE seq = 10", "entry 10: its body is gone"),
        ("DELETE FROM audit_bodies WHERE seq = 5", "entry 5: its body is gone"),
        (
            """
            UPDATE audit_bodies SET salt = CAST(salt || substr(body, 1, 4) AS BLOB), body = substr(body, 5)
            WHERE seq = 5
            """, "entry 5: salt does not have 16 bytes"
        ),
        ("UPDATE audit_bodies SET body = CAST(x'00' || body AS BLOB) WHERE seq = 5", "entry 5: its body was changed"),
        ("UPDATE audit SET actor = CAST(actor AS BLOB) WHERE seq = 5", "entry 5: actor has another type"),
        ("UPDATE audit_head SET hash = zeroblob(32)", "the log ends at 12"),
        ("DELETE FROM audit_head", "the log ends at 12"),
        ("INSERT INTO audit_nodes VALUES (8, 0, zeroblob(32))", "the stored tree has nodes of other entries"),
        ("INSERT INTO audit_anchors VALUES (4, 1, zeroblob(32), zeroblob(32), 'c')", "entry 4: not as in the anchor"),
        ("INSERT INTO audit_anchors VALUES (40, 1, zeroblob(32), zeroblob(32), 'c')", "the anchor is of entry 40"),
    ])
    func `a ledger that guild finds invalid is invalid for the script`(tampering: String, problem: String) async throws
    {
        try await withEntries { ledger, folder async throws in
            try folder.rawConnection().script("PRAGMA ignore_check_constraints = ON; " + tampering)
            #expect(try await ledger.problem() != nil)
            let finished = try await verify(folder.location.path)
            #expect(finished.status == 1)
            #expect(finished.errors.contains(problem), "\(finished.errors)")
        }
    }

    @Test func `a stored node that the entries do not give is found`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(600)
            _ = try await ledger.audit.state(at: 600)
            #expect(try await verify(folder.location.path).status == 0)
            try folder.rawConnection().script("UPDATE audit_nodes SET hash = zeroblob(32) WHERE position = 1")
            #expect(try await verify(folder.location.path).errors.contains("entry 257: the stored tree node"))
        }
    }

    @Test func `an anchor of another ledger is refused`() async throws {
        try await withEntries { ledger, folder async throws in
            let own = try await ledger.anchorNow()
            let other = AuditAnchor(
                ledger: LedgerID(derivedFrom: ["other"]), seq: own.seq, hash: own.hash, root: own.root, at: own.at)
            let anchor = try folder.write("other.json", [other.json.text()])
            let finished = try await verify(folder.location.path, anchor)
            #expect(finished.status == 1)
            #expect(finished.errors.contains("the anchor of entry 12 is of another ledger"))
        }
    }

    // MARK: Other bodies

    @Test func `a stored payload is read, and one that guild would not read is refused`() async throws {
        let body = String(repeating: "{\"title\":\"a payload\"}", count: 40)
        let stored = ContentDigest.hex(bytes: BodyCodec.standard.encode(Array(body.utf8)))
        #expect(try await verify("--body", input: stored + "\n").output == body)
        for (input, status) in [(stored + "00", 1), ("02" + stored, 1), ("7b7d", 1), ("", 1), ("no", 2)]
            as [(String, Int32)]
        {
            let finished = try await verify("--body", input: input)
            #expect(finished.status == status, "\(input)")
            #expect(finished.output == "")
        }
    }
}

extension TemporaryFolder {
    /// Writes each line with its end, and returns the file's path.
    fileprivate func write(_ name: String, _ lines: some Sequence<String>) throws -> String {
        let file = path + "/" + name
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: file))
        return file
    }
}
