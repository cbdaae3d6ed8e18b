import GuildDomain
import GuildLedger
import GuildWork
import Logging
import Synchronization
import Testing

@Suite struct ClaimLoopTests {
    private final class Tally: Sendable {
        private let counts = Mutex((running: 0, most: 0, ended: 0, asked: 0))
        var most: Int { counts.withLock { $0.most } }
        var ended: Int { counts.withLock { $0.ended } }
        var asked: Int { counts.withLock { $0.asked } }
        func ask() { counts.withLock { $0.asked += 1 } }
        func end() {
            counts.withLock {
                $0.running -= 1
                $0.ended += 1
            }
        }
        func begin() {
            counts.withLock {
                $0.running += 1
                $0.most = max($0.most, $0.running)
            }
        }
    }

    private func loop(_ ledger: Ledger, _ worker: Worker, slots: Int = 3) -> ClaimLoop {
        ClaimLoop(
            invocations: ledger.invocations, signal: ledger.invocations.ready, worker: worker, slots: slots,
            time: SystemTime(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test(.timeLimit(.minutes(10)))
    func `it runs what there is, what comes later, and no more at once than it has slots`()
        async throws
    {
        try await withLedger { ledger async throws in
            let (worker, tally) = (try await ledger.worker(), Tally())
            for number in 0..<8 { try await ledger.queue("\(number)") }
            let loop = loop(ledger, worker)
            let running = Task {
                try await loop.run { limit in
                    #expect(limit <= 3)
                    let claimed = try await ledger.invocations.claim(
                        ClaimScope(), upTo: limit, worker: worker, now: start)
                    return claimed.map { claim in
                        {
                            tally.begin()
                            await Task.yield()
                            tally.end()
                            try await ledger.invocations.end(claim.invocation, as: .failed, outcome: "done", now: start)
                        }
                    }
                } nextTime: { (now: Timestamp) in
                    try await ledger.invocations.nextTime(worker: worker, now: now)
                }
            }
            for number in 8..<16 { try await ledger.queue("\(number)") }
            let outcomes = ledger.signal(.outcomes)
            while true {
                let seen = outcomes.generation
                if try await ledger.reports.isQuiet(root: nil) { break }
                await outcomes.wait(after: seen)
            }
            running.cancel()
            _ = await running.result
            #expect(tally.ended == 16)
            #expect(tally.most <= 3)
            #expect(loop.isDraining)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `work that fails ends the loop with its error, work that was fenced or cannot be read does not`()
        async throws
    {
        try await withLedger { ledger async throws in
            let (worker, tally) = (try await ledger.worker(), Tally())
            await #expect(throws: Failure(.failed, "broken")) {
                try await loop(ledger, worker, slots: 1).run { _ in
                    tally.ask()
                    let count = tally.asked
                    return [
                        {
                            switch count {
                            case 1: throw LedgerFailure.fenced(what: "it")
                            case 2: throw RowFault(column: "c", found: "NULL", sql: "SELECT c FROM t")
                            case 3: throw StateConflict(subject: "it", reason: "cannot")
                            default: throw Failure(.failed, "broken")
                            }
                        }
                    ]
                } nextTime: { _ in
                    nil
                }
            }
            #expect(tally.asked == 4)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a damaged row that is met while looking for work does not end the loop, and takes no slot`() async throws {
        try await withLedger { ledger async throws in
            let (worker, tally) = (try await ledger.worker(), Tally())
            let fault = RowFault(column: "c", found: "NULL", sql: "SELECT c FROM t")
            await #expect(throws: Failure(.failed, "done")) {
                try await loop(ledger, worker, slots: 2).run { limit in
                    #expect(limit == 2)
                    tally.ask()
                    switch tally.asked {
                    case 1: throw fault
                    case 2: return []
                    default: return [{ throw Failure(.failed, "done") }]
                    }
                } nextTime: { now in
                    if tally.asked == 2 { throw fault }
                    return now
                }
            }
            #expect(tally.asked == 3)
        }
    }

    @Test func `work that ends lets go of its lease keeper, a lost lease of its work`() async throws {
        try await ClaimLoop.holdingLease(renew: {}, time: SystemTime()) {}
        let never = Signal()
        await #expect(throws: Failure(.failed, "lost")) {
            try await ClaimLoop.holdingLease(renew: { throw Failure(.failed, "lost") }, time: AlwaysDue()) {
                await never.wait(after: never.generation)
            }
        }
    }

    /// A clock on which every deadline has come.
    private struct AlwaysDue: TimeSource {
        let now = start
        func sleep(until deadline: Timestamp) async throws {}
    }
}
