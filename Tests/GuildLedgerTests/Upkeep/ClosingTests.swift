import Foundation
import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

private let day = Duration.seconds(86_400)

/// Old books are closed: their entries become opening balances, and what they named goes.
@Suite(.timeLimit(.minutes(10))) struct ClosingTests {
    private static let plan = RetentionPlan(rawMessages: day, auditLogs: day, policy: "policies/privacy.yaml:3")
    private static let later = start + day * 63

    private func accounts(_ invocation: Invocation) -> [AccountLimit] {
        [
            AccountLimit(counting: "invocation/\(invocation.id)"), AccountLimit(counting: "root/\(invocation.root)"),
            AccountLimit(account: "agent/ranger", period: .month, tokens: 1_000_000, setting: "perMonth"),
            AccountLimit(counting: "chapter/sea"), AccountLimit(counting: "organization"),
        ]
    }

    /// An invocation from its event to its end: a call that asks for an action, the action, a call that answers.
    @discardableResult
    private func whole(_ name: String, _ ledger: Ledger, _ worker: Worker, at now: Timestamp) async throws -> Invocation
    {
        try await ledger.queue(name, at: now)
        let first = try #require(try await ledger.claim(worker, root: Event.sample(name).id, now: now))
        try await call(1, of: first, ledger, worker, calls: [.write(0, name: name, subject: name)], at: now)
        let action = try #require(try await ledger.claimAction(worker, root: first.root, now: now))
        try await ledger.actions.finish(action, succeeded: true, result: "{}", waitUntil: now, now: now)
        let second = try #require(try await ledger.claim(worker, root: first.root, now: now))
        try await call(2, of: second, ledger, worker, at: now)
        try await ledger.invocations.end(second, as: .succeeded, outcome: "done", now: now)
        return second
    }

    private func call(
        _ n: Int, of invocation: Invocation, _ ledger: Ledger, _ worker: Worker, calls: [ToolCall] = [],
        at now: Timestamp
    ) async throws {
        let plan = TurnPlan.sample(n, of: invocation, limits: accounts(invocation))
        let reservation = try await ledger.invocations.beginTurn(
            plan, of: invocation, worker: worker, isSending: true, now: now)
        _ = try await ledger.invocations.recordAnswer(
            .sample(calls: calls), plan: plan, reservation: reservation, of: invocation, waitUntil: now, now: now)
    }

    private func prune(_ ledger: Ledger, at now: Timestamp) async throws -> RetentionReport {
        try await ledger.upkeep.prune(Self.plan, actor: "retention", now: now)
    }

    private func isSound(_ ledger: Ledger, at now: Timestamp) async throws {
        _ = try await ledger.sound(now: now)
        #expect(try await ledger.upkeep.check(now: now).allSatisfy { $0.status == .ok })
    }

    @Test func `old calls become opening balances, and their invocations go with all that is theirs`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for number in 0..<3 { try await whole("old\(number)", ledger, worker, at: start) }
            let kept = try await whole("young", ledger, worker, at: start + day * 2)
            let before = try await ledger.budgets.standings(now: Self.later).map {
                [$0.used, $0.usedCost, $0.reserved]
            }
            #expect(try await prune(ledger, at: start + day * 61).callsClosed == 0)
            #expect(try await ledger.upkeep.prunable(Self.plan, now: Self.later).callsClosed == 6)
            let report = try await prune(ledger, at: Self.later)
            #expect(report.callsClosed == 6)
            #expect(report.invocations == 3)
            #expect(
                try await ledger.budgets.standings(now: Self.later).map { [$0.used, $0.usedCost, $0.reserved] }
                    == before)
            try await isSound(ledger, at: Self.later)
            let verification = try await ledger.sound(now: Self.later)
            #expect(verification.entries == 4)
            #expect(verification.closedEntries == 12)
            for table in [
                "events", "invocations", "actions", "action_attempts", "tool_calls", "decisions", "root_totals",
            ] {
                #expect(try await ledger.count("SELECT count(*) FROM \(table)") == 1, "\(table)")
            }
            #expect(try await ledger.count("SELECT count(*) FROM turns") == 2)
            #expect(try await ledger.count("SELECT count(*) FROM reservations") == 2)
            let names = try await ledger.read {
                try $0.column("SELECT name FROM accounts ORDER BY name", as: String.self)
            }
            #expect(
                names == ["agent/ranger", "chapter/sea", "invocation/\(kept.id)", "organization", "root/\(kept.root)"])
            // What was used is still reported, by agent and hour.
            #expect(try await ledger.count("SELECT sum(calls) FROM usage_rollups") == 8)
            #expect(try await ledger.auditKinds().filter { $0 == "budget.closed" }.count == 1)
            #expect(try await prune(ledger, at: Self.later).isEmpty)
        }
    }

    @Test func `the newest call stays, so that ids and budget time go on; then it is closed too`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for number in 0..<2 { try await whole("old\(number)", ledger, worker, at: start) }
            #expect(try await prune(ledger, at: Self.later).callsClosed == 3)
            #expect(try await ledger.count("SELECT count(*) FROM invocations") == 1)
            try await isSound(ledger, at: Self.later)
            // A clock that fell back is no way into a closed period.
            try await whole("new", ledger, worker, at: start - day)
            #expect(try await ledger.count("SELECT count(*) FROM entries WHERE at < \(start.microseconds)") == 0)
            try await whole("newer", ledger, worker, at: Self.later)
            #expect(try await prune(ledger, at: Self.later + day * 63).callsClosed == 4)
            try await isSound(ledger, at: Self.later + day * 63)
        }
    }

    @Test func `what is under way or waits for a person keeps its call, its journal and its accounts`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let open = try await ledger.caller("open", worker)
            let plan = TurnPlan.sample(1, of: open, limits: accounts(open))
            _ = try await ledger.invocations.beginTurn(plan, of: open, worker: worker, now: start)
            let waiting = try await ledger.caller("waiting", worker)
            try await call(
                1, of: waiting, ledger, worker, calls: [.write(0, name: "w", autonomy: .approve)], at: start)
            for number in 0..<2 { try await whole("old\(number)", ledger, worker, at: start) }
            let report = try await prune(ledger, at: Self.later)
            #expect(report.callsClosed == 4)
            #expect(report.invocations == 1)
            #expect(try await ledger.state(of: waiting.id) == .waiting)
            #expect(try await ledger.invocations.turns(of: waiting.id).count == 1)
            try await isSound(ledger, at: Self.later)
            // It goes on where it was, and the books of both of its calls are whole.
            #expect(try await ledger.budgets.account("invocation/\(waiting.id)")?.used == 130)
            #expect(try await ledger.budgets.expireReservations(now: Self.later) == 1)
            try await isSound(ledger, at: Self.later)
        }
    }

    @Test func `a month that nobody used an account after is not taken for the one that runs`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await whole("old", ledger, worker, at: start)
            let lone = try await ledger.caller("lone", worker, now: Self.later)
            let limits = [AccountLimit(counting: "invocation/\(lone.id)"), AccountLimit(counting: "agent/other")]
            try await ledger.spend(TokenUsage(input: 5), of: lone, worker, limits: limits, now: Self.later)
            #expect(try await prune(ledger, at: Self.later).callsClosed == 2)
            try await isSound(ledger, at: Self.later)
            #expect(try await ledger.budgets.account("agent/ranger")?.period(.month)?.tokens.used == 0)
            #expect(try await ledger.budgets.account("agent/ranger")?.used == 260)
        }
    }

    private static let changes = [
        "UPDATE opening_balances SET used = used - 1 WHERE account = (SELECT id FROM accounts WHERE name = 'organization')",
        """
        UPDATE opening_balances SET used = used - 1 WHERE account = (SELECT id FROM accounts WHERE name = 'organization');
        UPDATE accounts SET used = used - 1 WHERE name = 'organization'
        """,
        "UPDATE opening_balances SET input = input - 1, available = available + 1 WHERE input > 0",
        """
        UPDATE opening_balances SET input = input - 1, output = output + 1 WHERE input > 0;
        UPDATE usage_rollups SET input = input - 1, output = output + 1
        WHERE hour = (SELECT min(hour) FROM usage_rollups)
        """,
        "DELETE FROM opening_balances", "DELETE FROM books_closed", "UPDATE books_closed SET audit = audit - 1",
        "UPDATE books_closed SET calls = calls + 1", "UPDATE usage_rollups SET calls = calls + 1",
        "DELETE FROM usage_rollups WHERE hour = (SELECT min(hour) FROM usage_rollups)",
        "DELETE FROM entries WHERE id = (SELECT min(id) FROM entries WHERE kind = 'settle')",
        "UPDATE books_closed SET until = until + 7200000000",
        "DELETE FROM reservations WHERE id = (SELECT reservation FROM entries LIMIT 1)",
    ]

    @Test(arguments: changes) func `closed books that somebody changed are found`(change: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            for number in 0..<2 { try await whole("old\(number)", ledger, worker, at: start) }
            try await whole("young", ledger, worker, at: start + day * 2)
            #expect(try await prune(ledger, at: Self.later).callsClosed == 4)
            _ = try await ledger.sound(now: Self.later)
            let raw = try folder.rawConnection()
            try raw.script(change)
            #expect(try await !ledger.budgets.verify(now: Self.later).isSound)
        }
    }

    @Test func `a backlog is closed in batches, between which the books hold`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await ledger.queue("run \(number)", at: start)
                        let caller = try #require(
                            try await ledger.claim(worker, root: Event.sample("run \(number)").id, now: start))
                        // Over an hour and a half, so that batches end within an hour.
                        for n in 1...90 {
                            try await call(n, of: caller, ledger, worker, at: start + .seconds(60 * n))
                        }
                        try await ledger.invocations.end(caller, as: .succeeded, outcome: "", now: start + day)
                    }
                }
                try await group.waitForAll()
            }
            var closed: [Int] = []
            while true {
                let left = Mutex(2)
                let report = try await ledger.upkeep.prune(Self.plan, actor: "retention", now: Self.later + day) {
                    left.withLock { left in
                        left -= 1
                        return left >= 0
                    }
                }
                closed.append(report.callsClosed)
                _ = try await ledger.sound(now: Self.later + day)
                if report.isComplete || closed.count > 9 { break }
            }
            #expect(closed.reduce(0, +) == 719)
            #expect(closed.count > 1)
            _ = try await prune(ledger, at: Self.later + day)
            #expect(try await ledger.count("SELECT count(*) FROM invocations") == 1)
            try await isSound(ledger, at: Self.later + day)
        }
    }

    /// One step of work that nobody foresaw.
    private func step(
        _ generator: inout SeededGenerator, _ number: Int, _ ledger: Ledger, _ worker: Worker, at now: Timestamp
    ) async throws {
        let caller = try await ledger.caller("\(number)", worker, priority: .critical, now: now)
        var plan = TurnPlan.sample(1, of: caller, output: 400, limits: accounts(caller))
        plan.rules.zone = Int.random(in: 0..<9, using: &generator) == 0 ? "Pacific/Auckland" : "UTC"
        let way = Int.random(in: 0..<5, using: &generator)
        let reservation = try await ledger.invocations.beginTurn(
            plan, of: caller, worker: worker, isSending: way != 0 && way != 2, now: now)
        switch way {
        case 0:
            try await ledger.invocations.recordLostTurn(
                plan, reservation: reservation, of: caller, LostAnswer(reason: "x", mayHaveBilled: false), now: now)
        case 1:
            try await ledger.invocations.recordLostTurn(
                plan, reservation: reservation, of: caller, LostAnswer(reason: "x", mayHaveBilled: true), now: now)
        case 2: return
        default:
            // Now and then more than was reserved.
            let usage = TokenUsage(
                input: Int64.random(in: 0..<300, using: &generator),
                output: Int64.random(in: 0..<500, using: &generator))
            _ = try await ledger.invocations.recordAnswer(
                .sample(usage), plan: plan, reservation: reservation, of: caller, waitUntil: now, now: now)
        }
        try await ledger.invocations.end(caller, as: .succeeded, outcome: "", now: now)
    }

    @Test(arguments: 0..<6)
    func `whatever happened before, the books that are left hold, and nothing that was used is lost`(
        seed: UInt64
    ) async throws {
        try await withLedger { ledger async throws in
            var generator = SeededGenerator(seed: seed)
            let worker = try await ledger.worker()
            var now = start
            for number in 0..<60 {
                // Backwards at times, as clocks do.
                now = now + .seconds(Int64.random(in: -7200..<(6 * 86_400), using: &generator))
                try await step(&generator, number, ledger, worker, at: now)
                guard Int.random(in: 0..<4, using: &generator) == 0 else { continue }
                let before = try await ledger.budgets.account("organization")
                _ = try await prune(ledger, at: now)
                let after = try await ledger.budgets.account("organization")
                #expect(after?.used == before?.used && after?.usedCost == before?.usedCost)
                _ = try await ledger.sound(now: now)
            }
            _ = try await prune(ledger, at: now + day * 70)
            try await isSound(ledger, at: now + day * 70)
            #expect(try await ledger.sound(now: now + day * 70).closedEntries > 60)
            #expect(try await ledger.audit.verify(AuditVerification(), now: now).problem == nil)
        }
    }

    @Test func `an entry that is not closed is not deleted`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await whole("old", ledger, worker, at: start)
            await #expect(throws: (any Error).self) {
                try await ledger.write { try $0.run("DELETE FROM entries") }
            }
            _ = try await prune(ledger, at: Self.later)
            await #expect(throws: (any Error).self) {
                try await ledger.write { try $0.run("UPDATE entries SET at = 0") }
            }
        }
    }

    /// Pages that are neither the chain's nor free.
    private func pages(_ ledger: Ledger) async throws -> Int {
        try await ledger.count(
            "SELECT count(*) FROM dbstat WHERE name NOT LIKE 'audit%' OR name = 'audit_bodies'")
    }

    @Test func `under a routed load the file stops growing once books are closed`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            var sizes: [Int: (used: Int, file: Int, chain: Int)] = [:]
            for date in stride(from: 0, to: 100, by: 2) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            try await whole("\(date) \(number)", ledger, worker, at: start + day * date)
                        }
                    }
                    try await group.waitForAll()
                }
                let now = start + day * (date + 1)
                #expect(try await ledger.upkeep.keepHouse(Self.plan, actor: "retention", now: now)?.isComplete == true)
                guard [70, 84, 98].contains(date) else { continue }
                try await isSound(ledger, at: now)
                let file = try await ledger.count("PRAGMA page_count")
                let chain = try await ledger.count(
                    "SELECT count(*) FROM dbstat WHERE name LIKE 'audit%' AND name <> 'audit_bodies'")
                sizes[date] = (try await pages(ledger), file, chain)
            }
            let (early, late) = (try #require(sizes[70]), try #require(sizes[98]))
            #expect(late.used <= early.used + early.used / 20, "\(sizes)")
            #expect(late.file - late.chain <= early.file - early.chain + early.used / 20, "\(sizes)")
            #expect(try await ledger.count("SELECT count(*) FROM invocations") <= 33 * 12)
            #expect(try await ledger.count("SELECT count(*) FROM accounts") <= 33 * 24 + 3)
            // All of it is still in the books: two calls of 130 tokens each.
            #expect(try await ledger.budgets.account("organization")?.used == 50 * 12 * 2 * 130)
        }
    }
}
