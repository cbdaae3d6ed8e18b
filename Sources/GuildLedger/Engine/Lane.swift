import Dispatch
import GuildDomain
import Synchronization

/// Gathers waiting transactions into one commit (docs/architecture.md, "In").
///
/// A closure joins the queue; the lane takes the closures that queued during the last commit, at most 256 closures or
/// 10 ms of running them, into one transaction of the engine, while no other process writes. It never waits for a batch
/// to fill. A closure touches only the database, because it may run twice: most batches have no failing member, so the
/// first try has no savepoints; after a failure they all run again, each in a savepoint; and where an error such as a
/// full disk rolled back the whole transaction, they run again one by one. A closure that meets the lock of a program
/// that ignores our file lock has not run: it is put back, in order, for as long as its member may wait (`LockWait`).
final class Lane: Sendable {
    static let batchLimit = 256
    static let batchNanoseconds: UInt64 = 10_000_000
    /// Writes that may wait; further ones are refused at once.
    static let queueLimit = 65_536

    /// One waiting transaction.
    struct Member: Sendable {
        let run: @Sendable (LedgerTransaction) throws -> Void
        let complete: @Sendable (Result<Void, any Error>) -> Void
        var wait = LockWait()
    }

    private struct State {
        var waiting: [Member] = []
        var errand: (@Sendable () -> Void)?
        var isDraining = false
        /// Whether a batch waits for another process.
        var isWaitingForTurn = false
        /// Called when another program's lock begins and ends to block us; with one, writes wait for it.
        var lockNotice: LockNotice?
        var isLockedOut = false
    }

    /// Called with whether another program's lock blocks writes.
    typealias LockNotice = @Sendable (_ isHeld: Bool) -> Void

    private let engine: any LedgerEngine
    private let connection: any LaneConnection
    private let path: String
    private let queue = DispatchQueue(label: "guild.ledger.writer", qos: .userInitiated)
    private let state = Mutex(State())
    private let batchNanoseconds: UInt64
    /// Called when the disk failed at commit: memory and disk may then differ, so the process ends.
    private let endProcess: @Sendable (String) -> Never

    init(
        of engine: any LedgerEngine, path: String, batchNanoseconds: UInt64 = Lane.batchNanoseconds,
        endProcess: @escaping @Sendable (String) -> Never
    ) {
        self.engine = engine
        connection = engine.lane
        self.batchNanoseconds = batchNanoseconds
        self.path = path
        self.endProcess = endProcess
    }

    /// From now on a write waits for another program's lock as long as it is held.
    ///
    /// - Parameter attemptMilliseconds: the time after which a write that has waited long enough fails.
    func waitForLocks(attemptMilliseconds: Int32, _ notice: @escaping LockNotice) {
        queue.sync { engine.waitForLocks(milliseconds: attemptMilliseconds) }
        state.withLock { $0.lockNotice = notice }
    }

    func stopWaitingForLocks() { state.withLock { $0.lockNotice = nil } }

    /// Whether writes are waiting for another program's lock.
    var isLockedOut: Bool { state.withLock { $0.isLockedOut && $0.isDraining } }

    func submit(_ member: Member) {
        let (isFull, mustStart) = state.withLock { state in
            guard state.waiting.count < Self.queueLimit else { return (true, false) }
            state.waiting.append(member)
            defer { state.isDraining = true }
            return (false, !state.isDraining)
        }
        if isFull {
            member.complete(
                .failure(LedgerFailure.unusable(path: path, reason: "\(Self.queueLimit) writes are already waiting")))
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Runs `errand` between two batches, outside any transaction and while no other process writes: every batch of
    /// another process that had begun to write is then whole. Of several asked for before one could run, the last runs.
    func betweenBatches(_ errand: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.errand = errand
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Runs `body` alone: outside any transaction, while no other process writes.
    func exclusively<Value: Sendable>(_ body: @Sendable () throws -> Value) throws -> Value {
        try queue.sync {
            connection.hold()
            defer { connection.letGo() }
            return try body()
        }
    }

    /// Closes the connection, after what runs. A batch that waits for another process to end its own is not waited for.
    func close() {
        if state.withLock({ $0.isWaitingForTurn }) {
            queue.async { self.connection.close() }
        } else {
            queue.sync { connection.close() }
        }
    }

    private func drain() {
        while let (batch, errand) = next() {
            state.withLock { $0.isWaitingForTurn = true }
            connection.hold()
            state.withLock { $0.isWaitingForTurn = false }
            errand?()
            let results = batch.isEmpty ? [] : run(batch)
            connection.letGo()
            settle(batch, results)
        }
    }

    /// Completes the members with an outcome. Those that met a lock and may wait, and then those that the batch had no
    /// time for, come first in the next one.
    private func settle(_ batch: [Member], _ results: [Result<Void, any Error>]) {
        var unfinished: [Member] = []
        var ended: [(Member, Result<Void, any Error>)] = []
        let isEndless = state.withLock { $0.lockNotice != nil }
        for (member, result) in zip(batch, results) {
            guard case .failure(let error) = result, error is LockedOut else {
                ended.append((member, result))
                continue
            }
            if let end = member.wait.end(at: .now, isEndless: isEndless, path: path) {
                ended.append((member, .failure(end)))
            } else {
                unfinished.append(member)
            }
        }
        noteLock(results)
        unfinished += batch.dropFirst(results.count)
        if !unfinished.isEmpty { state.withLock { $0.waiting.insert(contentsOf: unfinished, at: 0) } }
        for (member, result) in ended { member.complete(result) }
    }

    private func noteLock(_ results: [Result<Void, any Error>]) {
        guard let last = results.last else { return }
        let isLockedOut = if case .failure(let error) = last { error is LockedOut } else { false }
        let notice = state.withLock { state -> LockNotice? in
            guard state.isLockedOut != isLockedOut else { return nil }
            state.isLockedOut = isLockedOut
            return state.lockNotice
        }
        notice?(isLockedOut)
    }

    private func next() -> (batch: [Member], errand: (@Sendable () -> Void)?)? {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.batchLimit))
            let errand = state.errand
            state.waiting.removeFirst(batch.count)
            state.errand = nil
            guard batch.isEmpty, errand == nil else { return (batch, errand) }
            state.isDraining = false
            return nil
        }
    }

    /// - Returns: the results of the members that ran, which are the first ones and at least one.
    private func run(_ batch: [Member]) -> [Result<Void, any Error>] {
        if batch.count == 1 { return [runAlone(batch[0])] }
        do {
            return try commitWithoutSavepoints(batch) ?? commitTogether(batch)
        } catch is BatchRolledBack {
            return batch.map { runAlone($0) }
        } catch {
            // BEGIN failed: nobody's closure has run.
            let failure = error is LockedOut ? error : LedgerFailure.translating(error, path: path)
            return batch.map { _ in .failure(failure) }
        }
    }

    /// The whole outer transaction is gone and every released savepoint with it.
    private struct BatchRolledBack: Error {}

    /// - Returns: nil if a member failed; nothing has then happened.
    private func commitWithoutSavepoints(_ batch: [Member]) throws -> [Result<Void, any Error>]? {
        try begin()
        do {
            let start = DispatchTime.now().uptimeNanoseconds
            var count = 0
            for member in batch {
                try member.run(connection.transaction)
                count += 1
                if DispatchTime.now().uptimeNanoseconds - start > batchNanoseconds { break }
            }
            try commit()
            return Array(repeating: .success(()), count: count)
        } catch {
            let isWhole = connection.isInsideTransaction
            connection.rollBack()
            guard isWhole else { throw BatchRolledBack() }
            return nil
        }
    }

    private func commitTogether(_ batch: [Member]) throws -> [Result<Void, any Error>] {
        try begin()
        do {
            let results = try runMembers(batch)
            try commit()
            return results
        } catch {
            connection.rollBack()
            throw BatchRolledBack()
        }
    }

    /// - Throws: any error that leaves the outer transaction in doubt; a member's own failure is its result.
    private func runMembers(_ batch: [Member]) throws -> [Result<Void, any Error>] {
        var results: [Result<Void, any Error>] = []
        let start = DispatchTime.now().uptimeNanoseconds
        for member in batch {
            do {
                try connection.savepoint()
                try member.run(connection.transaction)
                try connection.releaseSavepoint()
                results.append(.success(()))
            } catch {
                guard connection.isInsideTransaction else { throw error }
                try connection.rollBackToSavepoint()
                results.append(.failure(LedgerFailure.translating(error, path: path)))
            }
            if DispatchTime.now().uptimeNanoseconds - start > batchNanoseconds { break }
        }
        return results
    }

    private func runAlone(_ member: Member) -> Result<Void, any Error> {
        do {
            try begin()
            do {
                try member.run(connection.transaction)
                try commit()
            } catch {
                connection.rollBack()
                throw error
            }
            return .success(())
        } catch let error as LockedOut {
            return .failure(error)
        } catch {
            return .failure(LedgerFailure.translating(error, path: path))
        }
    }

    /// Another program that ignores our file lock is writing: nothing has run.
    private struct LockedOut: Error {}

    private func begin() throws {
        do {
            try connection.begin()
        } catch let fault as StorageFault where fault.kind == .busy {
            throw LockedOut()
        }
    }

    private func commit() throws {
        do {
            try connection.commit()
        } catch let fault as StorageFault where fault.kind == .inputOutput {
            endProcess("ledger \(path): the disk failed at commit (\(fault.message))")
        }
    }
}
