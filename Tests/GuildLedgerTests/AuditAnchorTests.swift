import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct AuditAnchorTests {
    private func offered(_ ledger: Ledger, after last: AuditAnchor? = nil) async throws -> AuditAnchor {
        let checkpoint = last.map { AuditCheckpoint($0, source: "the last anchor") }
        guard case .anchor(let anchor) = try await ledger.audit.offerAnchor(after: checkpoint, now: start) else {
            throw Failure(.failed, "no anchor was offered")
        }
        return anchor
    }

    private func refusal(_ ledger: Ledger, after last: AuditAnchor) async throws -> AuditVerdict.Problem? {
        let offer = try await ledger.audit.offerAnchor(
            after: AuditCheckpoint(last, source: "the last anchor"), now: start)
        if case .refused(let problem) = offer { return problem }
        return nil
    }

    @Test func `an anchor says what the log says, and is read again as it was written`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.appendEntries(7)
            let anchor = try await offered(ledger)
            #expect(anchor == (try await ledger.anchorNow()))
            #expect(anchor.root == ReferenceTree.root(try await ledger.entryHashes()[...]))
            #expect(try AuditAnchor(json: JSONParser.parse(anchor.json.text(.pretty)), from: "x") == anchor)
            let proof = try await ledger.audit.proof(of: 3)
            #expect(try AuditProof(json: JSONParser.parse(proof.json.text(.pretty)), from: "x") == proof)
        }
    }

    @Test(arguments: [
        "{}", "[]", #"{"format": "guild.audit.anchor/2"}"#, #"{"format": "guild.audit.anchor/1", "ledger": "x"}"#,
    ])
    func `what is no anchor is refused by its first fault`(text: String) throws {
        #expect(throws: AuditFailure.self) { try AuditAnchor(json: JSONParser.parse(text), from: "x") }
    }

    @Test func `nothing new is offered twice, and the entry of an anchor is nothing new`() async throws {
        try await withLedger { ledger async throws in
            #expect(try await ledger.audit.offerAnchor(after: nil, now: start) == .nothingNew)
            try await ledger.appendEntries(3)
            let anchor = try await offered(ledger)
            try await ledger.audit.recordAnchor(anchor, commit: "c1", actor: "user:ada", now: start)
            try await ledger.audit.recordAnchor(anchor, commit: "c1", actor: "user:ada", now: start)
            #expect(try await ledger.auditKinds().suffix(2) == ["operator.command", "audit.anchored"])
            let checkpoint = AuditCheckpoint(anchor, source: "x")
            #expect(try await ledger.audit.offerAnchor(after: checkpoint, now: start) == .nothingNew)
            #expect(try await ledger.audit.entriesSinceAnchor().entries == 0)
            try await ledger.appendEntries(1)
            #expect(try await ledger.audit.entriesSinceAnchor().entries == 2)
            #expect(try await offered(ledger, after: anchor).seq == 5)
        }
    }

    @Test func `a log that is not the anchored one is refused`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(10)
            let last = try await offered(ledger)
            try await ledger.appendEntries(5, from: 11)
            let raw = try folder.rawConnection()
            try raw.script("UPDATE audit SET actor = 'x' WHERE seq = 13")
            #expect(try await refusal(ledger, after: last)?.seq == 13)
            try raw.rewriteChain(from: 13)
            #expect(try await refusal(ledger, after: last) == nil)
            try raw.rewriteChain(from: 7)
            #expect(try await refusal(ledger, after: last)?.reason.contains("was rewritten") == true)
            try raw.cutTail(after: 9)
            #expect(try await refusal(ledger, after: last)?.seq == 10)
        }
    }

    @Test func `a ledger that took the place of another is refused`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.appendEntries(2)
            let other = AuditAnchor(
                ledger: LedgerID(high: 1, low: 2), seq: 1, hash: [UInt8](repeating: 0, count: 32),
                root: [UInt8](repeating: 0, count: 32), at: start)
            await #expect(throws: AuditFailure.self) { try await refusal(ledger, after: other) }
        }
    }

    @Test func `the ledger's own record of an anchor is compared with too`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.appendEntries(4)
            try await ledger.audit.recordAnchor(try await offered(ledger), commit: "c1", actor: "a", now: start)
            #expect(try await ledger.audit.verify().anchors == 1)
            let raw = try folder.rawConnection()
            try raw.script("UPDATE audit_anchors SET hash = zeroblob(32)")
            #expect(try await ledger.problem()?.seq == 1)
        }
    }
}
