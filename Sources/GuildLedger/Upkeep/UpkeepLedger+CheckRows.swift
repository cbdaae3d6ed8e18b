import Foundation
import GuildDomain

extension UpkeepLedger {
    private static let runsPerRead: Int64 = 100

    /// Reads every payload and every answer, and compares each payload with what the audit log says was accepted.
    ///
    /// - Returns: how many were read, and the problems.
    func damagedContents() async throws -> (looked: Int, problems: ProblemList) {
        let payloads = try await damagedPayloads()
        let answers = try await damagedAnswers()
        var problems = payloads.problems
        problems.add(answers.problems)
        return (payloads.looked + answers.looked, problems)
    }

    private func damagedPayloads() async throws -> (looked: Int, problems: ProblemList) {
        try await read(
            "event",
            """
            SELECT seq, id, root, body, body_ref FROM events WHERE seq > ? AND erased_at IS NULL ORDER BY seq LIMIT ?
            """
        ) { [bodies = ledger.bodies] db, row, damage in
            if let problem = try db.retention.problem(ofPayload: row, bodies) { damage.append(problem) }
        }
    }

    private func damagedAnswers() async throws -> (looked: Int, problems: ProblemList) {
        let newest = try await ledger.read { db in
            try db.value("SELECT max(seq) FROM invocations", as: Int64.self) ?? 0
        }
        var low: Int64 = 0
        var looked = 0
        var problems = ProblemList()
        while low < newest {
            let page = try await ledger.scan { [low] db in
                var looked = 0
                var problems = ProblemList()
                try db.each(
                    """
                    SELECT i.id, t.n, t.delta FROM turns t JOIN invocations i ON i.id = t.invocation
                    WHERE i.seq > ? AND i.seq <= ? AND t.delta IS NOT NULL
                    """, [low, low + Self.runsPerRead]
                ) { row in
                    looked += 1
                    do {
                        let stored: [UInt8] = try row["delta"]
                        _ = try BodyCodec.standard.decode(stored, limitBytes: JournalledTurn.deltaLimitBytes)
                    } catch let fault as any GuildError {
                        // The damage may be in the run's id or the turn's number too.
                        let run = (try? row["id"] as InvocationID)?.description ?? "a run without an id"
                        problems.add("turn \((try? row["n"] as Int) ?? 0) of \(run): \(fault.message)")
                    }
                }
                return (looked, problems)
            }
            looked += page.0
            problems.add(page.1)
            low += Self.runsPerRead
        }
        return (looked, problems)
    }
}

extension RetentionStatements {
    /// The fault of an event's payload; nil for a whole one. Those in files are looked at elsewhere.
    fileprivate func problem(ofPayload row: LedgerRow, _ bodies: BodyStore) throws -> String? {
        let (id, root): (EventID, EventID) = try (row["id"], row["root"])
        let stored = try row.storedBody("body", "body_ref")
        guard stored.inline != nil else { return nil }
        let payload = try bodies.payload(stored, of: id)
        guard let digest = try acceptedDigest(of: id, root: root) else { return nil }
        guard digest != ContentDigest.hex(of: payload) else { return nil }
        return "the payload of event \(id) is not the one that the audit log says was accepted"
    }

    /// The digest in the audit entry of the event's acceptance; nil if there is none: a firing, an erased body.
    private func acceptedDigest(of event: EventID, root: EventID) throws -> String? {
        let body = try db.value(
            """
            SELECT b.body FROM audit a JOIN audit_bodies b ON b.seq = a.seq
            WHERE a.root = ? AND a.subject = ? AND a.kind = 'event.accepted' ORDER BY a.seq LIMIT 1
            """, [root.description, event.description], as: [UInt8].self)
        // The chain is looked at elsewhere: a body that is no JSON is its finding.
        return body.flatMap { try? JSONParser.parse($0) }?["payload_sha256"]?.string
    }
}
