import CSQLite
import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

/// 100,000 postings and as many audit entries, made as the components make them. `make soak` has ten million.
@Suite struct LargeBooksTests {
    private static let callers = 100
    /// Two postings to reserve and eight to settle.
    private static let postingsEach = 10
    private static let usage = TokenUsage(input: 600, cacheRead: 400, cacheWrite: 100, output: 200, reasoning: 50)
    /// What a call adds to the file: its turn, its reservation, two entries, an audit entry, and their indexes.
    private static let bytesOfCall: Int64 = 1800
    private static let bytesOfAuditEntry: Int64 = 600

    @Test
    func `neither reports nor appends grow with the books, which verify and take no more of the file than is said`()
        async throws
    {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            var callers: [Invocation] = []
            for number in 0..<Self.callers { callers.append(try await ledger.caller("\(number)", worker)) }
            func grow(_ turns: ClosedRange<Int>) async throws {
                let before = try await ledger.size()
                try await ledger.take(turns, of: callers, worker, usage: Self.usage)
                let between = try await ledger.size()
                let calls = turns.count * Self.callers
                let entries = calls * (Self.postingsEach - 1)
                for first in stride(from: 1, through: entries, by: 1000) {
                    try await ledger.appendMany(from: first, count: min(1000, entries - first + 1))
                }
                let after = try await ledger.size()
                #expect(between - before <= Int64(calls) * Self.bytesOfCall)
                #expect(after - between <= Int64(entries) * Self.bytesOfAuditEntry)
            }
            try await grow(1...10)
            let early = try await ledger.steps(of: ledger.caller("early", worker), worker, usage: Self.usage)
            try await grow(11...100)
            let late = try await ledger.steps(of: ledger.caller("late", worker), worker, usage: Self.usage)
            #expect(early.report > 0 && early.append > 0)
            // The same up to a group of counters or a page more.
            #expect(late.report <= early.report + early.report / 20)
            #expect(late.append <= early.append + early.append / 20)

            let found = try await ledger.sound(now: start)
            #expect(found.postings == Int64((Self.callers * 100 + 2) * Self.postingsEach))
            #expect(found.openReservations == 0)
            var verification = AuditVerification()
            let whole = try await ledger.audit.verify(verification, now: start)
            #expect(whole.problem == nil)
            #expect(whole.entries >= 90_000)
            verification.start = .remembered
            try await ledger.appendMany(from: 1, count: 10)
            let more = try await ledger.audit.verify(verification, now: start)
            #expect(more.problem == nil)
            #expect(more.first == whole.entries + 1)
        }
    }
}

extension Ledger {
    /// Bytes of the file with all that was committed.
    fileprivate func size() async throws -> Int64 {
        try await upkeep.checkpoint(above: 0)
        return try await reports.status().bytes
    }

    fileprivate func take(
        _ turns: ClosedRange<Int>, of callers: [Invocation], _ worker: Worker, usage: TokenUsage
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in callers {
                group.addTask {
                    for turn in turns {
                        try await self.spend(
                            usage, turn, of: caller, worker, limits: Self.limits(of: caller), output: 2000, now: start)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Every account that a call has, under limits that do not bind.
    private static func limits(of caller: Invocation) -> [AccountLimit] {
        [
            AccountLimit(account: "invocation/\(caller.id)", tokens: .max, setting: "perInvocation"),
            agentLimit(.day, .max),
            AccountLimit(account: "chapter/sea", period: .month, tokens: .max, setting: "perMonth"),
            AccountLimit(account: "organization", period: .day, tokens: .max, setting: "manaPool.perDay"),
            AccountLimit(account: "root/\(caller.root)", tokens: .max, setting: "root_tokens"),
        ]
    }

    fileprivate func appendMany(from first: Int, count: Int) async throws {
        try await audit.append(
            (first..<first + count).map { number in
                AuditEntry(
                    at: start, actor: "executor", kind: .toolCalled, subject: "invocation \(number)",
                    commit: "c0ffee", cause: "event \(number / 10)", root: "event \(number / 10)",
                    body: ["agent": "ranger", "tool": "github.get_issue", "error": false, "n": .integer(number)])
            })
    }

    /// The steps that SQLite's machine takes for a report, and for a call with an audit entry behind it.
    fileprivate func steps(
        of caller: Invocation, _ worker: Worker, usage: TokenUsage
    ) async throws -> (report: Int, append: Int) {
        let (reads, writes) = (StepCounter(), StepCounter())
        try await read { db in try reads.begin(db) }
        let (since, until) = (start - .seconds(86_400), start + .seconds(86_400))
        for grouping in UsageGrouping.allCases { _ = try await reports.usage(by: grouping, since: since, until: until) }
        _ = try await reports.hourlyUsage(since: since, until: until)
        _ = try await budgets.standings(now: start)
        _ = try await budgets.alertLevels(now: start)
        _ = try await budgets.grants(now: start)
        _ = try await budgets.throttles(now: start)
        var newest = AuditFilter()
        (newest.newestFirst, newest.limit) = (true, 20)
        _ = try await audit.log(newest)
        try await read { db in try reads.end(db) }
        try lane.exclusively { try writes.begin(engine.lane.transaction) }
        try await take(1...1, of: [caller], worker, usage: usage)
        try await appendMany(from: 1, count: 1)
        try lane.exclusively { try writes.end(engine.lane.transaction) }
        return (reads.count, writes.count)
    }
}

/// Counts what one connection does. Reads that follow each other all use the reader that was put back last.
private final class StepCounter: Sendable {
    private let steps = Atomic<Int>(0)

    var count: Int { steps.load(ordering: .relaxed) }

    func begin(_ db: LedgerTransaction) throws {
        sqlite3_progress_handler(
            try Self.database(of: db), 1,
            { context in
                if let context {
                    Unmanaged<StepCounter>.fromOpaque(context).takeUnretainedValue().steps.add(1, ordering: .relaxed)
                }
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func end(_ db: LedgerTransaction) throws { sqlite3_progress_handler(try Self.database(of: db), 0, nil, nil) }

    private static func database(of db: LedgerTransaction) throws -> OpaquePointer {
        let found = try db.all("SELECT 1") { row in
            (row.source as? SQLiteStatement).flatMap { sqlite3_db_handle($0.handle) }
        }
        return try #require(found.first ?? nil)
    }
}
