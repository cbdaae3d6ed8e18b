package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle
import Synchronization

/// The loop of a component that claims work: recover, claim while there are free slots, sleep until a signal, the next
/// due time, or the next look for workers that died.
///
/// On a graceful shutdown it claims nothing new, and `run` returns when all running work has ended.
package final class ClaimLoop: Sendable {
    /// A claimed piece of work.
    package typealias Work = @Sendable () async throws -> Void

    private static let recheck = Duration.seconds(30)
    /// While others hold leases: a death is noticed this soon.
    private static let watch = Duration.seconds(1)
    /// Between two looks for dead workers, however often the signal is raised.
    private static let lookPause = Duration.milliseconds(100)
    private static let leastSleep = Duration.milliseconds(20)

    private let invocations: InvocationLedger
    private let signal: Signal
    private let worker: Worker
    private let time: any TimeSource
    private let logger: Logger
    private let state: Mutex<(freeSlots: Int, isDraining: Bool)>
    private let told = Mutex<String?>(nil)

    /// - Parameters:
    ///   - invocations: takes back the work of dead workers, actions too.
    ///   - signal: raised when there is something to claim.
    package init(
        invocations: InvocationLedger, signal: Signal, worker: Worker, slots: Int, time: any TimeSource, logger: Logger
    ) {
        self.invocations = invocations
        self.signal = signal
        self.worker = worker
        self.time = time
        self.logger = logger
        state = Mutex((slots, false))
    }

    /// Whether running work should stop at its next safe point.
    package var isDraining: Bool { state.withLock { $0.isDraining } }

    /// - Parameters:
    ///   - claim: claims so many pieces at most and gives what does each.
    ///   - nextTime: when there is next something to claim, given an instant before the last claims: what was available
    ///     then and was not claimed waits for something that raises the signal.
    package func run(
        claim: @Sendable (_ limit: Int) async throws -> [Work],
        nextTime: @Sendable (Timestamp) async throws -> Timestamp?
    ) async throws {
        // A discarding group: finished tasks are not kept, and a failed one ends the rest at once.
        try await withThrowingDiscardingTaskGroup { group in
            try await withTaskCancellationOrGracefulShutdownHandler {
                var look = Look(earliest: time.now, latest: time.now)
                while !Task.isCancelled, !isDraining {
                    let seen = signal.generation
                    do {
                        let looks = look.earliest <= time.now
                        if looks { look = try await recover() }
                        let claimedAt = time.now
                        for work in try await claimed(claim) {
                            group.addTask { try await self.occupyingSlot(work) }
                        }
                        // The signal may have been raised for a lease of another worker: a look that is left out comes soon.
                        var next = looks ? look.latest : look.earliest
                        // Without a free slot nothing is claimed before one is given back, which raises the signal.
                        if hasFreeSlots, let due = try await nextTime(claimedAt) {
                            next = min(next, due)
                            look.earliest = min(look.earliest, due)
                        }
                        await signal.wait(after: seen, until: max(next, time.now + Self.leastSleep), time: time)
                    } catch let fault as RowFault {
                        // A row that belongs to no work: it is no reason to end, and the next look may do without it.
                        tell(fault)
                        await signal.wait(after: seen, until: time.now + Self.watch, time: time)
                    }
                }
            } onCancelOrGracefulShutdown: {
                self.drain()
                self.signal.raise()
            }
        }
    }

    /// Does `work` while `renew` keeps its lease every 10 s; a lost lease cancels the work.
    ///
    /// - Parameter began: is given the work's task as it begins.
    package static func holdingLease(
        renew: @escaping Work, time: any TimeSource, began: (Task<Void, any Error>) -> Void = { _ in },
        _ work: @escaping Work
    ) async throws {
        let task = Task(operation: work)
        let keeper = LeaseKeeper(renew: renew, time: time) { task.cancel() }
        keeper.begin()
        began(task)
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        try await keeper.end()
        try result.get()
    }

    /// Does `work` in a slot that was taken for it; an error that ends the component lets nothing more begin.
    private func occupyingSlot(_ work: Work) async throws {
        defer {
            giveSlots(1)
            signal.raise()
        }
        do {
            try await perform(work)
        } catch {
            drain()
            throw error
        }
    }

    /// A piece of work that a newer attempt took over belongs to that attempt; anything else ends the component.
    private func perform(_ work: Work) async throws {
        do {
            try await work()
        } catch let failure as LedgerFailure {
            guard case .fenced(let what) = failure else { throw failure }
            logger.warning("lost to a newer attempt", metadata: ["what": "\(what)"])
        } catch let fault as RowFault {
            logger.error("\(fault.message)")
        } catch let conflict as StateConflict {
            logger.error("\(conflict.message)")
        }
    }

    /// When to look again for workers that died and for waits that are over.
    private struct Look {
        /// Not before this, however often the signal is raised.
        var earliest: Timestamp
        /// At this time in any case.
        var latest: Timestamp
    }

    private func recover() async throws -> Look {
        let now = time.now
        let earliest = now + Self.lookPause
        switch try await invocations.recoveryNeed(worker: worker, now: now) {
        case .none: return Look(earliest: earliest, latest: now + Self.recheck)
        case .watch: return Look(earliest: earliest, latest: now + Self.watch)
        case .now:
            let found = try await invocations.recover(except: worker, now: now)
            if !found.isEmpty {
                logger.notice(
                    "took back work of dead workers",
                    metadata: [
                        "invocations": "\(found.invocations)", "actions": "\(found.actions)", "waits": "\(found.waits)",
                    ])
            }
            return Look(earliest: found.isEmpty ? earliest : now, latest: now + Self.watch)
        }
    }

    /// Claims what the free slots have room for.
    private func claimed(_ claim: (Int) async throws -> [Work]) async throws -> [Work] {
        let free = takeSlots()
        guard free > 0 else { return [] }
        do {
            let works = try await claim(free)
            giveSlots(free - works.count)
            return works
        } catch {
            giveSlots(free)
            throw error
        }
    }

    /// Tells of each fault once, however often it is met.
    private func tell(_ fault: RowFault) {
        let isNew = told.withLock { told in
            defer { told = fault.message }
            return told != fault.message
        }
        if isNew { logger.error("\(fault.message)", metadata: ["hint": "\(fault.hint ?? "")"]) }
    }

    private var hasFreeSlots: Bool { state.withLock { $0.freeSlots > 0 } }

    /// - Returns: how many slots were free; all of them are taken now.
    private func takeSlots() -> Int {
        state.withLock { state in
            guard !state.isDraining else { return 0 }
            defer { state.freeSlots = 0 }
            return state.freeSlots
        }
    }

    private func drain() { state.withLock { $0.isDraining = true } }

    private func giveSlots(_ count: Int) { state.withLock { $0.freeSlots += count } }
}
