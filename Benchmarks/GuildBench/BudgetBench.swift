import Foundation
import GuildDomain
import GuildLedger

/// The budget: what reserving and settling costs beside plain commits, and what reading and verifying the books costs as
/// they grow.
struct BudgetBench {
    private static let sideBySide = [1, 16, 64]
    /// Callers that fill a ledger.
    private static let fillers = 64
    /// The roll-ups of a filled ledger reach over so many days.
    private static let days = 30
    private static let runs = 5

    let setting: BenchSetting

    func run() async throws {
        try await showRates()
        try await showBooks()
    }

    // MARK: Reserving and settling

    private func showRates() async throws {
        let folder = try setting.folder("budget")
        let ledger = try Ledger(at: LedgerLocation(path: folder + "/ledger.sqlite"))
        defer { ledger.close() }
        let worker = try await ledger.register(components: ["executor"], version: "bench", now: SystemTime().now)
        let plain = try PlainDatabase(path: folder + "/plain.sqlite")
        var table = MarkdownTable([
            "callers", "calls/s (reserve, sent, settle)", "ledger commits/s", "plain commits/s", "ledger ÷ plain",
        ])
        for count in Self.sideBySide {
            var (rates, plains): ([Double], [Double]) = ([], [])
            for _ in 0..<setting.rounds {
                // In turns, so that a slow moment of the machine falls on both.
                plains.append(try plain.commits(setting.events))
                let lanes = try await lanes(count, in: ledger, worker, now: SystemTime().now)
                let each = max(1, setting.events / count)
                let start = MonotonicClock.now
                try await Self.take(each, of: lanes) { _, _ in SystemTime().now }
                rates.append(Double(count * each) / (Double(MonotonicClock.now - start) / 1e9))
            }
            let (rate, commits) = (rates.median, plains.median)
            table.add([
                "\(count)", rate.figure, (3 * rate).figure, commits.figure, (3 * rate / max(commits, 0.001)).figure,
            ])
        }
        table.show(title: "Budget: calls reserved and settled")
    }

    private func lanes(
        _ count: Int, in ledger: Ledger, _ worker: Worker, now: Timestamp
    ) async throws -> [BudgetLane] {
        var lanes: [BudgetLane] = []
        for number in 0..<count {
            lanes.append(try await BudgetLane(number, in: ledger, worker: worker, now: now + .microseconds(number)))
        }
        return lanes
    }

    private static func take(
        _ each: Int, of lanes: [BudgetLane], at now: @escaping @Sendable (_ lane: Int, _ turn: Int) -> Timestamp
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, lane) in lanes.enumerated() {
                group.addTask {
                    for turn in 0..<each { try await lane.turn(turn + 1, now: now(number, turn)) }
                }
            }
            try await group.waitForAll()
        }
    }

    // MARK: Reading and verifying

    private struct Books {
        let ledger: String
        let postings: Int64
        let auditBytes: Int64
    }

    private func showBooks() async throws {
        let folder = try setting.folder("books")
        let repository = try BenchRepository(copying: setting.codex, to: folder + "/acme")
        var table = MarkdownTable([
            "postings", "`budget report` ms", "`--by root` ms", "`budget verify` ms", "`audit verify` ms",
            "audit bytes",
            "`sha256sum` of as many ms",
        ])
        for postings in [setting.postings / 100, setting.postings] {
            let books = try await fill(folder + "/\(postings)", postings: max(1, postings))
            func milliseconds(_ words: String...) throws -> String {
                let places = ["--codex", repository.path, "--ledger", "sqlite:" + books.ledger]
                return try Self.milliseconds([setting.guild] + words + places).figure
            }
            table.add([
                Double(books.postings).figure, try milliseconds("budget", "report"),
                try milliseconds("budget", "report", "--by", "root"), try milliseconds("budget", "verify"),
                try milliseconds("audit", "verify"), Double(books.auditBytes).figure,
                try Self.hashing(books.auditBytes, in: folder).figure,
            ])
        }
        table.show(title: "Budget: reading and verifying the books, whole commands, \(Self.runs) runs each")
    }

    /// Makes a ledger of about so many postings, as calls over the last days make them.
    private func fill(_ folder: String, postings: Int) async throws -> Books {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/ledger.sqlite"
        let ledger = try Ledger(at: LedgerLocation(path: path))
        let end = SystemTime().now
        let span = Duration.seconds(86_400 * Self.days)
        let worker = try await ledger.register(components: ["executor"], version: "bench", now: end - span)
        // Two to reserve and up to eight to settle.
        let each = max(1, postings / 10 / Self.fillers)
        let lanes = try await lanes(Self.fillers, in: ledger, worker, now: end - span)
        let step = Duration.microseconds(span.microseconds / Int64(each))
        try await Self.take(each, of: lanes) { _, turn in end - span + step * turn }
        ledger.close()
        let plain = try PlainDatabase(path: path)
        return Books(
            ledger: path, postings: try plain.integer("SELECT count(*) FROM postings"),
            auditBytes: try plain.integer(
                """
                SELECT sum(length(b.body) + 16) + sum(length(a.actor) + length(a.kind) + length(a.subject)
                    + coalesce(length(a.commit_id), 0) + coalesce(length(a.cause), 0) + coalesce(length(a.root), 0) + 105)
                FROM audit a JOIN audit_bodies b ON b.seq = a.seq
                """))
    }

    private static func hashing(_ bytes: Int64, in folder: String) throws -> Double {
        let file = folder + "/bytes"
        let made = try Child(["head", "-c", "\(bytes)", "/dev/urandom"], output: file).wait()
        guard made == 0 else { throw Failure(.failed, "head ended with \(made)") }
        return try milliseconds(["sha256sum", file])
    }

    /// The median of some runs.
    private static func milliseconds(_ command: [String]) throws -> Double {
        var times: [Double] = []
        for _ in 0..<runs {
            let start = MonotonicClock.now
            let status = try Child(command).wait()
            times.append(Double(MonotonicClock.now - start) / 1e6)
            guard status == 0 else {
                throw Failure(.failed, "`\(command.joined(separator: " "))` ended with \(status)")
            }
        }
        return times.median
    }
}
