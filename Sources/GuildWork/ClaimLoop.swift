package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle
import Synchronization

/// The loop of a component that claims work: recover, claim while there are free slots, sleep until a signal, the next
/// due time, or the next look for workers that died.
///
/// On a graceful shutdown nothing new is claimed and `run` returns when what runs has ended.
package final class ClaimLoop: Sendable {
    /// A claimed piece of work.
    package typealias Work = @Sendable () async throws -> Void

    private static let recheck = Duration.seconds(30)
    /// While others hold leases: a death is noticed this soon.
    private static let watch = Duration.seconds(1)
    private static let leastSleep = Duration.milliseconds(20)

    private let ledger: Ledger
    private let worker: Worker
    private let topic: Topic
    private let time: any TimeSource
    private let logger: Logger
    private let state: Mutex<(freeSlots: Int, isDraining: Bool)>

    package init(ledger: Ledger, worker: Worker, topic: Topic, slots: Int, time: any TimeSource, logger: Logger) {
        self.ledger = ledger
        self.worker = worker
        self.topic = topic
        self.time = time
        self.logger = logger
        state = Mutex((slots, false))
    }

    /// Whether what runs should stop at its next good point.
    package var isDraining: Bool { state.withLock { $0.isDraining } }

    /// - Parameters:
    ///   - claim: claims one piece and gives what does it; nil when there is none.
    ///   - nextTime: when there is next something to claim, given an instant before the last claims: what was available
    ///     then and was not claimed waits for something that raises the signal.
    package func run(
        claim: @Sendable () async throws -> Work?, nextTime: @Sendable (Timestamp) async throws -> Timestamp?
    ) async throws {
        let signal = ledger.signal(topic)
        // A discarding group: what ended is not kept, and what failed ends the rest at once.
        try await withThrowingDiscardingTaskGroup { group in
            try await withTaskCancellationOrGracefulShutdownHandler {
                while !Task.isCancelled, !isDraining {
                    let seen = signal.generation
                    let latest = try await recover()
                    let claimedAt = time.now
                    while takeSlot() {
                        guard let work = try await claim() else {
                            giveSlot()
                            break
                        }
                        group.addTask {
                            defer {
                                self.giveSlot()
                                signal.raise()
                            }
                            do {
                                try await self.perform(work)
                            } catch {
                                self.drain()
                                throw error
                            }
                        }
                    }
                    let next = try await nextTime(claimedAt) ?? latest
                    await signal.wait(
                        after: seen, until: min(max(next, time.now + Self.leastSleep), latest), time: time)
                }
            } onCancelOrGracefulShutdown: {
                self.drain()
                signal.raise()
            }
        }
    }

    /// Does `work` while `renew` keeps its lease every 10 s; whichever ends first ends the other.
    package static func holdingLease(
        renew: @escaping Work, time: any TimeSource, _ work: @escaping Work
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(operation: work)
            group.addTask {
                while true {
                    try await time.sleep(until: time.now + Lease.renewal)
                    try await renew()
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// A piece that a newer attempt took over is that attempt's; anything else ends the component.
    private func perform(_ work: Work) async throws {
        do {
            try await work()
        } catch let failure as LedgerFailure {
            guard case .fenced(let what) = failure else { throw failure }
            logger.warning("lost to a newer attempt", metadata: ["what": "\(what)"])
        }
    }

    /// - Returns: the latest time to look again for workers that died.
    private func recover() async throws -> Timestamp {
        let now = time.now
        switch try await ledger.recoveryNeed(worker: worker, now: now) {
        case .none: return now + Self.recheck
        case .watch: return now + Self.watch
        case .now:
            let found = try await ledger.recover(except: worker, now: now)
            if !found.isEmpty {
                logger.notice(
                    "took back work of dead workers",
                    metadata: [
                        "invocations": "\(found.invocations)", "actions": "\(found.actions)", "waits": "\(found.waits)",
                    ])
            }
            return now + Self.watch
        }
    }

    private func takeSlot() -> Bool {
        state.withLock { state in
            guard state.freeSlots > 0, !state.isDraining else { return false }
            state.freeSlots -= 1
            return true
        }
    }

    private func drain() { state.withLock { $0.isDraining = true } }

    private func giveSlot() { state.withLock { $0.freeSlots += 1 } }
}
