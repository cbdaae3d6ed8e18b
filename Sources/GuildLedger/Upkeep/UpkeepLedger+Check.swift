import Foundation
package import GuildDomain

extension UpkeepLedger {
    private static let bodiesPerRead = 500
    /// Where SQLite's look at the pages ends.
    static let integrityLimit = 1000

    /// Looks at everything that a ledger must hold to be one. Writers continue meanwhile; only the look at the pages is
    /// one long read.
    ///
    /// - Parameters:
    ///   - now: for the running windows and periods of the budgets.
    ///   - part: told before each part is looked at.
    package func check(
        now: Timestamp, _ part: (LedgerFinding.Part) -> Void = { _ in }
    ) async throws -> [LedgerFinding] {
        var findings: [LedgerFinding] = []
        for next in LedgerFinding.Part.allCases {
            part(next)
            do {
                findings.append(try await look(at: next, now: now))
            } catch let failure as any GuildError where failure is LedgerFailure || failure is RowFault {
                // An unreadable part is a finding, too: the other parts may reveal more.
                findings.append(LedgerFinding(next, "cannot be read", problems: [failure.message]))
            }
        }
        return findings
    }

    func look(at part: LedgerFinding.Part, now: Timestamp) async throws -> LedgerFinding {
        switch part {
        case .integrity: try await integrity()
        case .schema: try await schema()
        case .foreignKeys: LedgerFinding(.foreignKeys, "every reference", try await brokenReferences())
        case .rows: try await rowFinding()
        case .audit: try await auditFinding()
        case .books: try await books(now: now)
        case .bodies: try await bodyFinding()
        }
    }

    func integrity() async throws -> LedgerFinding {
        let problems = try await integrityProblems()
        let pages = try await ledger.scan { db in try db.value("PRAGMA page_count", as: Int64.self) ?? 0 }
        return LedgerFinding(.integrity, "\(pages) pages", problems: problems)
    }

    /// - Returns: SQLite's own lines; at `integrityLimit` it stopped looking.
    func integrityProblems() async throws -> [String] {
        let told = try await ledger.scan { db in
            try db.column("PRAGMA integrity_check(\(Self.integrityLimit))", as: String.self)
        }
        return told == ["ok"] ? [] : told
    }

    func schema() async throws -> LedgerFinding {
        LedgerFinding(.schema, "tables, indices and triggers", problems: try await schemaDifferences())
    }

    /// How the schema differs from that of this version; empty if it does not.
    package func schemaDifferences() async throws -> [String] {
        try await ledger.scan { db in try LedgerSchema.differences(in: db) }
    }

    /// The rows that name rows which are not there.
    func brokenReferences() async throws -> ProblemList {
        try await ledger.scan { db in
            var problems = ProblemList()
            try db.each("PRAGMA foreign_key_check") { row in
                // A table without row numbers has none.
                let number = (try row["rowid"] as Int64?).map { " \($0)" } ?? ""
                let table: String = try row["table"]
                let parent: String = try row["parent"]
                problems.add("row\(number) of \(table) names a missing row of \(parent)")
            }
            return problems
        }
    }

    private func auditFinding() async throws -> LedgerFinding {
        let verdict = try await ledger.audit.verify()
        let problems = verdict.problem.map { ["entry \($0.seq): \($0.reason)"] } ?? []
        return LedgerFinding(
            .audit, "\(Amount.counted(verdict.entries, "entry", "entries")), head \(verdict.head)", problems: problems)
    }

    private func books(now: Timestamp) async throws -> LedgerFinding {
        let found = try await ledger.budgets.verify(now: now)
        var problems = ProblemList(found.findings.map { "\($0.place): \($0.problem)" })
        problems.count(Int(clamping: found.moreFindings))
        return LedgerFinding(
            .books,
            Amount.counted(found.entries, "entry", "entries") + ", " + Amount.counted(found.accounts, "account"),
            problems)
    }

    // MARK: Bodies

    func bodyFinding() async throws -> LedgerFinding {
        let (named, damaged) = try await damagedBodies()
        let stored = try await damagedContents()
        let what = "\(Amount.counted(named, "file")), \(stored.looked) payloads and answers in rows"
        var problems = ProblemList(damaged.map(\.message))
        problems.add(stored.problems)
        if !problems.isEmpty { return LedgerFinding(.bodies, what, problems) }
        let strays = try await strayBodies()
        return LedgerFinding(
            .bodies, what,
            problems: strays.isEmpty
                ? [] : ["\(Amount.counted(strays.count, "file")) that no row names: housekeeping removes such files"],
            isHarmless: true)
    }

    /// Every body that a row names, read and compared with its name.
    ///
    /// - Returns: how many there are, and the problems of individual ones.
    func damagedBodies() async throws -> (named: Int, damaged: [LedgerFailure]) {
        var after = ""
        var named = 0
        var damaged: [LedgerFailure] = []
        while true {
            let page = try await bodyNames(after: after)
            guard let last = page.last else { return (named, damaged) }
            for digest in page {
                do throws(LedgerFailure) {
                    try ledger.bodies.verify(digest)
                } catch {
                    // Its row may have been erased since, and then its file was.
                    if try await isNamed(digest) { damaged.append(error) }
                }
            }
            after = last
            named += page.count
        }
    }

    /// The digests that rows name, in order, some at once.
    func bodyNames(after: String) async throws -> [String] {
        try await ledger.scan { db in
            try db.column(
                """
                SELECT DISTINCT body_ref FROM events WHERE body_ref IS NOT NULL AND body_ref > ?
                ORDER BY body_ref LIMIT ?
                """, [after, Self.bodiesPerRead])
        }
    }

    private func isNamed(_ digest: String) async throws -> Bool {
        try await ledger.read { db in try db.retention.namesBody(digest) }
    }

    /// Files that no row names now. One may be a writer's that is just about to name it.
    private func strayBodies() async throws -> [String] {
        var strays: [String] = []
        for file in ledger.bodies.files() {
            if try await !isNamed(file.digest ?? "") { strays.append(file.path) }
        }
        return strays
    }
}

extension RetentionStatements {
    func namesBody(_ digest: String) throws -> Bool {
        try db.holds("SELECT EXISTS (SELECT 1 FROM events WHERE body_ref = ?)", [digest])
    }
}

extension BodyStore {
    /// A file in the folder; the digest is nil if its name is none of a body's.
    struct File: Sendable, Hashable {
        let path: String
        let digest: String?
    }

    /// - Throws: `LedgerFailure.damagedBody` if the file is gone or no longer has its digest.
    func verify(_ digest: String) throws(LedgerFailure) {
        let path = path(of: digest)
        guard DurableFile.exists(path) else { throw .damagedBody(reason: "\(path): it is missing") }
        guard DurableFile.size(of: path) <= Int64(Self.limitBytes), try DurableFile.sum(of: path).digest == digest
        else {
            throw .damagedBody(reason: "\(path): it is not what was stored")
        }
    }

    /// Every file, including half-written remains of a crash.
    func files() -> [File] {
        let manager = FileManager.default
        // A folder that cannot be listed has nothing in it that could be swept.
        let parents = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
        return parents.sorted().flatMap { parent -> [File] in
            // Nothing is swept at the target of a planted link.
            guard (try? PlainFile.requireFolder("\(folder)/\(parent)")) != nil else { return [] }
            let names = (try? manager.contentsOfDirectory(atPath: "\(folder)/\(parent)")) ?? []
            return names.sorted().map { name in
                let digest = parent + name
                return File(path: "\(folder)/\(parent)/\(name)", digest: Self.isDigest(digest) ? digest : nil)
            }
        }
    }

    /// 64 small hexadecimal digits.
    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
