import Foundation
import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

/// Callers in processes of their own, over one ledger.
@Suite struct BudgetCallerTests {
    private static let (room, each): (Int64, Int64) = (13, 356)
    private static var limit: AccountLimit { agentLimit(.day, room * each + each - 1) }

    @Test func `of 64 callers in four processes as many pass as there is room for, and nobody ever sees more`()
        async throws
    {
        try await withLedgerAndFolder { ledger, folder async throws in
            for number in 0..<64 { try await ledger.queue("\(number)") }
            async let most = Self.mostSeen(folder.location)
            await withTaskGroup(of: Void.self) { callers in
                for _ in 0..<4 { callers.addTask { await Self.callInProcess(folder.path) } }
            }
            // The sampler ends with what all of them have left.
            try await ledger.audit.append(
                AuditEntry(at: start, actor: "tester", kind: .operatorCommand, subject: "over", body: .null))
            #expect(try await most == Self.room * Self.each)
            #expect(try await ledger.count("SELECT count(*) FROM reservations") == 13)
            #expect(try await ledger.auditKinds().filter { $0 == "budget.refused" }.count == 51)
            #expect(try await ledger.budgets.account("agent/ranger")?.reserved == Self.room * Self.each)
            _ = try await ledger.sound(now: start)
            #expect(try await ledger.audit.verify().problem == nil)
        }
    }

    /// The most that stood on the account until all was over, as another process sees it: through a ledger of its own.
    private static func mostSeen(_ location: LedgerLocation) async throws -> Int64 {
        let sampler = try Ledger(at: location, mustExist: true)
        defer { sampler.close() }
        var (most, isOver): (Int64, Bool) = (0, false)
        while !isOver {
            isOver = try await sampler.auditKinds().last == "operator.command"
            let day = try await sampler.budgets.standing(of: .agent("ranger"), now: start)?.period(.day)
            most = max(most, (day?.tokens.used ?? 0) + (day?.tokens.reserved ?? 0))
        }
        return most
    }

    private static func callInProcess(_ path: String) async {
        await #expect(processExitsWith: .success) { [path = path as String] in
            try await BudgetCallerTests.call(16, path) { ledger, worker, invocation in
                let plan = TurnPlan.sample(of: invocation, input: 100, output: 256, limits: [BudgetCallerTests.limit])
                do {
                    _ = try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, now: start)
                } catch is BudgetExceeded {
                    return
                }
            }
        }
    }

    @Test func `the same callers overspend where they check in one transaction and add in another`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            for number in 0..<64 { try await ledger.queue("\(number)") }
            try await ledger.write { db in _ = try db.accounts.obtain(named: "agent/ranger") }
            await withTaskGroup(of: Void.self) { callers in
                for _ in 0..<4 { callers.addTask { await Self.checkThenAddInProcess(folder.path) } }
            }
            let reserved = try #require(try await ledger.budgets.account("agent/ranger")?.reserved)
            #expect(reserved > Self.room * Self.each)
        }
    }

    private static func checkThenAddInProcess(_ path: String) async {
        await #expect(processExitsWith: .success) { [path = path as String] in
            let allChecked = Meeting(count: 16)
            try await BudgetCallerTests.call(16, path) { ledger, _, _ in
                let (limit, each) = (BudgetCallerTests.room * BudgetCallerTests.each, BudgetCallerTests.each)
                let hasRoom = try await ledger.write { db in
                    (try db.accounts.obtain(named: "agent/ranger").reserved.tokens) + each <= limit
                }
                await allChecked.meet()
                guard hasRoom else { return }
                try await ledger.write { db in
                    try db.run("UPDATE accounts SET reserved = reserved + ? WHERE name = 'agent/ranger'", [each])
                }
            }
        }
    }

    @Test func `after kill -9 what was held returns, and what was sent is posted at its bound`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            for number in 0..<8 { try await ledger.queue("\(number)") }
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
                let begun = Mutex(0)
                let ready = Meeting(count: 8)
                try await BudgetCallerTests.call(8, path) { ledger, worker, invocation in
                    let plan = TurnPlan.sample(
                        of: invocation, input: 100, output: 256, limits: [agentLimit(.day, 10_000)])
                    let number = begun.withLock { begun in
                        begun += 1
                        return begun
                    }
                    _ = try await ledger.invocations.beginTurn(
                        plan, of: invocation, worker: worker, isSending: number <= 3, now: start)
                    await ready.meet()
                    kill(getpid(), SIGKILL)
                }
            }
            #expect(try await ledger.budgets.account("agent/ranger")?.reserved == 8 * Self.each)
            _ = try await ledger.sound(now: start)
            let worker = try await ledger.worker()
            #expect(try await ledger.invocations.recover(except: worker, now: start).invocations == 8)
            let account = try #require(try await ledger.budgets.account("agent/ranger"))
            #expect(account.reserved == 0)
            #expect(account.used == 3 * Self.each)
            let found = try await ledger.sound(now: start)
            #expect(found.estimatedTokens == 3 * Self.each)
        }
    }

    /// Claims `count` invocations and does `body` with all of them at once: what runs in a process of its own.
    private static func call(
        _ count: Int, _ path: String, _ body: @escaping @Sendable (Ledger, Worker, Invocation) async throws -> Void
    ) async throws {
        let ledger = try Ledger(at: LedgerLocation(path: path + "/ledger.sqlite"), mustExist: true)
        let worker = try await ledger.worker()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                guard let invocation = try await ledger.claim(worker) else {
                    throw Failure(.failed, "there is nothing to claim")
                }
                group.addTask { try await body(ledger, worker, invocation) }
            }
            try await group.waitForAll()
        }
    }
}

/// Where so many wait until all are there.
private actor Meeting {
    private var missing: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(count: Int) { missing = count }

    func meet() async {
        missing -= 1
        guard missing > 0 else {
            for continuation in waiting { continuation.resume() }
            waiting = []
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }
}
