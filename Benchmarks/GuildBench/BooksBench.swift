import Foundation
import GuildDomain
import GuildLedger

/// What appending costs as the books grow, and what reading and verifying them costs, up to ten million postings and as
/// many audit entries.
struct BooksBench {
    /// Sizes at which appending is measured, beside the last one.
    private static let sizes = [0, 100_000, 1_000_000]
    /// Calls, and audit entries, of one measurement.
    private static let sample = (calls: 4000, entries: 40_000)
    private static let runs = 5
    /// What no command may need, however large the books are; more ends the run with an error.
    private static let peakLimitMegabytes = 128.0

    let setting: BenchSetting

    func run() async throws {
        let folder = try setting.folder("books")
        let start = MonotonicClock.now
        let filled = try await fill(folder)
        let seconds = Double(MonotonicClock.now - start) / 1e9
        try show(filled, in: folder)
        Output.show("Filling and measuring: \(seconds.figure) s and \(filled.bytes / 1_000_000) MB.\n")
    }

    // MARK: Appending

    private struct Filled {
        let ledger: String
        let bytes: Int64
    }

    /// Nanoseconds of the clock and of the processors.
    private struct Cost {
        var elapsed: Double
        var processor: Double

        static func of(_ count: Int, _ body: () async throws -> Void) async throws -> Cost {
            let (clock, processor) = (MonotonicClock.now, ProcessFigures.ownNanoseconds)
            try await body()
            return Cost(
                elapsed: Double(MonotonicClock.now - clock) / Double(count),
                processor: Double(ProcessFigures.ownNanoseconds - processor) / Double(count))
        }
    }

    private func fill(_ folder: String) async throws -> Filled {
        let books = try await Books(folder, postings: setting.postings)
        defer { books.close() }
        var table = MarkdownTable([
            "postings and entries before", "a call: µs", "CPU µs", "÷ first", "file, bytes each",
            "an audit entry: µs", "CPU µs", "÷ first", "file, bytes each",
        ])
        var first: (call: Cost, entry: Cost)?
        for size in Self.sizes.filter({ $0 < setting.postings }) + [setting.postings] {
            try await books.fill(to: size)
            var bytes = [try await books.bytes]
            let call = try await Cost.of(Self.sample.calls) { try await books.take(Self.sample.calls) }
            try await books.checkpoint()
            bytes.append(try await books.bytes)
            let entry = try await Cost.of(Self.sample.entries) { try await books.append(Self.sample.entries) }
            try await books.checkpoint()
            bytes.append(try await books.bytes)
            let (firstCall, firstEntry) = (first?.call ?? call, first?.entry ?? entry)
            first = (firstCall, firstEntry)
            func cells(_ cost: Cost, _ first: Cost, _ grown: Int64, _ count: Int) -> [String] {
                [
                    (cost.elapsed / 1000).figure, (cost.processor / 1000).figure,
                    (cost.processor / first.processor).figure, (Double(grown) / Double(count)).figure,
                ]
            }
            table.add(
                [Double(size).figure] + cells(call, firstCall, bytes[1] - bytes[0], Self.sample.calls)
                    + cells(entry, firstEntry, bytes[2] - bytes[1], Self.sample.entries))
        }
        table.show(title: "Books: what appending costs as they grow, \(Books.callers) callers")
        return Filled(ledger: books.path, bytes: try await books.bytes)
    }

    // MARK: Reading and verifying

    private func show(_ filled: Filled, in folder: String) throws {
        let repository = try BenchRepository(copying: setting.codex, to: folder + "/acme")
        let plain = try PlainDatabase(path: filled.ledger)
        let postings = try plain.integer(Self.countPostings)
        let audit = (entries: try plain.integer("SELECT count(*) FROM audit"), bytes: try plain.integer(Self.hashed))
        let hashing = try Self.hashing(audit.bytes, in: folder)
        var table = MarkdownTable(["command", "median ms", "least ms", "peak MB", "÷ `sha256sum`"])
        func add(_ words: [String], runs: Int, hashes: Bool = false) throws {
            let places = ["--codex", repository.path, "--ledger", "sqlite:" + filled.ledger]
            let result = try Self.measure([setting.guild] + words + places, runs: runs)
            guard result.peak <= Self.peakLimitMegabytes else {
                throw Failure(
                    .failed,
                    """
                    `guild \(words.joined(separator: " "))` took \(result.peak.figure) MB, \
                    more than \(Self.peakLimitMegabytes.figure)
                    """)
            }
            table.add([
                "`guild \(words.joined(separator: " "))`", result.median.figure, result.least.figure,
                result.peak.figure, hashes ? (result.median / hashing).figure : "",
            ])
        }
        try add(["budget", "report"], runs: Self.runs)
        try add(["budget", "report", "--since", "90d"], runs: Self.runs)
        try add(["budget", "report", "--by", "root"], runs: Self.runs)
        try add(["budget", "verify"], runs: 2)
        try add(["audit", "verify"], runs: 2, hashes: true)
        try add(["audit", "verify", "--incremental"], runs: Self.runs)
        table.add(["`sha256sum` of \(Double(audit.bytes).figure) bytes", hashing.figure, "", "", "1"])
        table.show(
            title: """
                Books: \(Double(postings).figure) postings, \(Double(audit.entries).figure) audit entries, whole commands
                """)
    }

    private static let countPostings = """
        SELECT sum(2 + (input <> 0) + (cache_read <> 0) + (cache_write <> 0) + (output <> 0) + (reasoning <> 0)
            + (spent_cost <> 0)) FROM entries
        """

    /// The bytes that the chain's hashes are over, those of the bodies with their salts and those of the entries.
    private static let hashed = """
        SELECT sum(length(b.body) + 16 + length(a.actor) + length(a.kind) + length(a.subject)
            + coalesce(length(a.commit_id), 0) + coalesce(length(a.cause), 0) + coalesce(length(a.root), 0) + 105)
        FROM audit a JOIN audit_bodies b ON b.seq = a.seq
        """

    /// Milliseconds, over a file without blocks on the disk: what is measured is hashing.
    private static func hashing(_ bytes: Int64, in folder: String) throws -> Double {
        let file = folder + "/bytes"
        let made = try Child(["truncate", "-s", "\(bytes)", file]).wait()
        guard made == 0 else { throw Failure(.failed, "truncate ended with \(made)") }
        defer { unlink(file) }
        return try measure(["sha256sum", file], runs: 3).median
    }

    private static func measure(
        _ command: [String], runs: Int
    ) throws -> (median: Double, least: Double, peak: Double) {
        var (times, peak): ([Double], Double) = ([], 0)
        for _ in 0..<runs {
            let start = MonotonicClock.now
            let (status, megabytes) = try Child(command).waitForUsage()
            times.append(Double(MonotonicClock.now - start) / 1e6)
            peak = max(peak, megabytes)
            guard status == 0 else {
                throw Failure(.failed, "`\(command.joined(separator: " "))` ended with \(status)")
            }
        }
        return (times.median, times.min() ?? 0, peak)
    }
}
