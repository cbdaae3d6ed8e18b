import Foundation
import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

@Suite struct LaneTests {
    /// A ledger, and a lane over an engine of its own on the same file, as another process would have them.
    private func withLane(
        batchNanoseconds: UInt64 = .max, _ body: (Ledger, SQLiteEngine, Lane) async throws -> Void
    ) async throws {
        try await withLedger { ledger async throws in
            try await ledger.write { try $0.run("CREATE TABLE things (n INTEGER PRIMARY KEY, body BLOB)") }
            let engine = try SQLiteEngine(ledger.location, busyMilliseconds: 5000)
            let lane = Lane(
                of: engine, path: ledger.location.path, batchNanoseconds: batchNanoseconds,
                endProcess: Ledger.endProcess)
            try await body(ledger, engine, lane)
        }
    }

    /// Members that are all waiting before the first of them runs, so that they share batches.
    private func run(
        _ bodies: [@Sendable (LedgerTransaction) throws -> Void], on lane: Lane
    ) async -> [Result<Void, any Error>] {
        let gate = DispatchSemaphore(value: 0)
        // It is a batch of its own, and has begun before the others are there: they are the next one, whole.
        await withCheckedContinuation { began in
            lane.submit(
                Lane.Member(
                    run: { _ in
                        began.resume()
                        gate.wait()
                    }, complete: { _ in }))
        }
        return await withCheckedContinuation { continuation in
            let results = Collected(count: bodies.count) { continuation.resume(returning: $0) }
            for (index, body) in bodies.enumerated() {
                lane.submit(Lane.Member(run: body, complete: { results.set(index, $0) }))
            }
            gate.signal()
        }
    }

    private final class Collected: Sendable {
        private let results: Mutex<[Int: Result<Void, any Error>]> = Mutex([:])
        private let count: Int
        private let done: @Sendable ([Result<Void, any Error>]) -> Void

        init(count: Int, done: @escaping @Sendable ([Result<Void, any Error>]) -> Void) {
            self.count = count
            self.done = done
        }

        func set(_ index: Int, _ result: Result<Void, any Error>) {
            let all = results.withLock { results in
                results[index] = result
                return results.count == count ? results.sorted { $0.key < $1.key }.map(\.value) : nil
            }
            if let all { done(all) }
        }
    }

    @Test func `200 concurrent writes all stand, each once`() async throws {
        try await withLane { ledger, _, _ async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<200 {
                    group.addTask { try await ledger.write { try $0.run("INSERT INTO things VALUES (?, NULL)", [n]) } }
                }
                try await group.waitForAll()
            }
            #expect(try await ledger.count("SELECT count(*) FROM things") == 200)
        }
    }

    @Test func `writes in one batch keep their order and see each other`() async throws {
        try await withLane { _, _, lane async throws in
            let results = await run(
                (0..<300).map { n in
                    { db in
                        let before = try db.value("SELECT count(*) FROM things", as: Int.self)
                        guard before == n else { throw Failure(.failed, "\(n) ran behind \(before ?? -1)") }
                        try db.run("INSERT INTO things VALUES (?, NULL)", [n])
                    }
                }, on: lane)
            for result in results { #expect(throws: Never.self) { try result.get() } }
        }
    }

    @Test func `a member that throws rolls back alone`() async throws {
        try await withLane { ledger, _, lane async throws in
            let results = await run(
                (0..<10).map { n in
                    { db in
                        try db.run("INSERT INTO things VALUES (?, NULL)", [n])
                        if n == 4 { throw Failure(.refused, "not this one") }
                        if n == 7 { try db.run("INSERT INTO things VALUES (1, NULL)") }
                    }
                }, on: lane)
            for (n, result) in results.enumerated() {
                switch n {
                case 4: #expect(throws: Failure(.refused, "not this one")) { try result.get() }
                case 7: #expect(throws: RowFault.self) { try result.get() }
                default: #expect(throws: Never.self) { try result.get() }
                }
            }
            #expect(
                try await ledger.read { try $0.column("SELECT n FROM things ORDER BY n", as: Int.self) }
                    == [0, 1, 2, 3, 5, 6, 8, 9])
        }
    }

    @Test func `a batch shares the chain's head, and a member that throws takes its entries with it`() async throws {
        try await withLane { ledger, _, lane async throws in
            @Sendable func entry(_ n: Int) -> AuditEntry {
                AuditEntry(
                    at: Timestamp(microseconds: 0), actor: "tester", kind: .toolCalled, subject: "member \(n)",
                    body: [:])
            }
            let members: [@Sendable (LedgerTransaction) throws -> Void] = (0..<10).map { n in
                { db in
                    try db.audit.append(entry(n))
                    try db.audit.append(entry(n))
                    // A statement that reads the head sees the member's own entries.
                    let head = try db.audit.head()
                    try db.run("INSERT INTO things VALUES (?, NULL)", [head])
                    if n.isMultiple(of: 4) { throw Failure(.refused, "not this one") }
                }
            }
            // Another process appends between the batches.
            for _ in 0..<3 {
                _ = await run(members, on: lane)
                try await ledger.audit.append(entry(10))
            }
            #expect(try await ledger.audit.head() == 3 * (7 * 2 + 1))
            #expect(try await ledger.count("SELECT max(n) FROM things") == 44)
            #expect(try await ledger.audit.verify().problem == nil)
        }
    }

    @Test func `a full disk takes the whole batch back, and then only the member that does not fit fails`() async throws
    {
        try await withLane { ledger, engine, lane async throws in
            let runs = Counts()
            try lane.exclusively {
                let pages = try #require(try engine.writer.transaction.value("PRAGMA page_count", as: Int.self))
                try engine.writer.connection.script("PRAGMA max_page_count = \(pages + 20)")
            }
            let results = await run(
                (0..<10).map { n in
                    { db in
                        runs.add(n)
                        let size = n == 5 ? 1 << 20 : 100
                        try db.run("INSERT INTO things VALUES (?, zeroblob(\(size)))", [n])
                    }
                }, on: lane)
            for (n, result) in results.enumerated() {
                if n == 5 {
                    #expect(throws: LedgerFailure.full(path: ledger.location.path)) { try result.get() }
                } else {
                    #expect(throws: Never.self) { try result.get() }
                }
            }
            // The ones before it had been released already; they ran again.
            #expect(runs[0] == 2)
            #expect(
                try await ledger.read { try $0.column("SELECT n FROM things ORDER BY n", as: Int.self) }
                    == [0, 1, 2, 3, 4, 6, 7, 8, 9])
            let again = await run(
                [
                    { db in
                        try db.audit.append(
                            AuditEntry(at: start, actor: "a", kind: .operatorCommand, subject: "s", body: .null))
                    }
                ], on: lane)
            for result in again { #expect(throws: Never.self) { try result.get() } }
            #expect(try await ledger.audit.verify().problem == nil)
            #expect(try await ledger.audit.verify().entries == 1)
        }
    }

    private final class Counts: Sendable {
        private let counts: Mutex<[Int: Int]> = Mutex([:])
        func add(_ key: Int) { counts.withLock { $0[key, default: 0] += 1 } }
        subscript(key: Int) -> Int { counts.withLock { $0[key, default: 0] } }
    }

    @Test func `a batch that is rolled back as a whole runs again one by one`() async throws {
        try await withLane { ledger, _, lane async throws in
            let runs = Counts()
            let results = await run(
                (0..<10).map { n in
                    { db in
                        runs.add(n)
                        try db.run("INSERT INTO things VALUES (?, NULL)", [n])
                        guard n == 5 else { return }
                        // What SQLite itself does on some errors.
                        try db.run("ROLLBACK")
                        throw StorageFault(kind: .full, message: "full")
                    }
                }, on: lane)
            for (n, result) in results.enumerated() {
                if n == 5 {
                    #expect(throws: LedgerFailure.full(path: ledger.location.path)) { try result.get() }
                } else {
                    #expect(throws: Never.self) { try result.get() }
                }
                #expect(runs[n] == (n > 5 ? 1 : 2))
            }
            #expect(
                try await ledger.read { try $0.column("SELECT n FROM things ORDER BY n", as: Int.self) }
                    == [0, 1, 2, 3, 4, 6, 7, 8, 9])
        }
    }

    @Test func `an errand runs outside any transaction, though the queue never empties`() async throws {
        try await withLane(batchNanoseconds: Lane.batchNanoseconds) { _, engine, lane async throws in
            let isInside = await withCheckedContinuation { continuation in
                lane.betweenBatches { continuation.resume(returning: engine.writer.isInsideTransaction) }
            }
            #expect(!isInside)
            let synchronous = try lane.exclusively {
                try engine.writer.transaction.value("PRAGMA synchronous", as: Int.self)
            }
            #expect(synchronous == 2)
        }
    }

    @Test func `a write on a closed ledger fails and does not trap`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(at: folder.location)
        ledger.close()
        await #expect(throws: LedgerFailure.self) { try await ledger.write { try $0.run("SELECT 1") } }
        await #expect(throws: LedgerFailure.self) { try await ledger.count("SELECT 1") }
    }
}
