import Foundation
import GRDB
import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

@Suite struct GroupCommitterTests {
    /// Members that are all waiting before the first of them runs, so that they share batches.
    private func run(
        _ bodies: [@Sendable (Database) throws -> Void], on ledger: Ledger
    ) async throws -> [Result<Void, any Error>] {
        let committer = try GroupCommitter(
            pool: ledger.pool, location: ledger.location, batchNanoseconds: .max, endProcess: Ledger.endProcess)
        let gate = DispatchSemaphore(value: 0)
        // Open once and for all: it may run twice, as any member.
        let first: @Sendable (Database) -> Void = { _ in
            gate.wait()
            gate.signal()
        }
        committer.submit(GroupCommitter.Member(run: first, complete: { _ in }))
        return await withCheckedContinuation { continuation in
            let results = Collected(count: bodies.count) { continuation.resume(returning: $0) }
            for (index, body) in bodies.enumerated() {
                committer.submit(GroupCommitter.Member(run: body, complete: { results.set(index, $0) }))
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

    private func makeTable(_ ledger: Ledger) async throws {
        try await ledger.write { try $0.execute(sql: "CREATE TABLE things (n INTEGER PRIMARY KEY, body BLOB)") }
    }

    @Test func `200 concurrent writes all stand, each once`() async throws {
        try await withLedger { ledger async throws in
            try await makeTable(ledger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<200 {
                    group.addTask {
                        try await ledger.write {
                            try $0.execute(sql: "INSERT INTO things VALUES (?, NULL)", arguments: [n])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await ledger.count("SELECT count(*) FROM things") == 200)
        }
    }

    @Test func `writes in one batch keep their order and see each other`() async throws {
        try await withLedger { ledger async throws in
            try await makeTable(ledger)
            let results = try await run(
                (0..<300).map { n in
                    { db in
                        let before = try Int.fetchOne(db, sql: "SELECT count(*) FROM things")
                        guard before == n else { throw Failure(.failed, "\(n) ran behind \(before ?? -1)") }
                        try db.execute(sql: "INSERT INTO things VALUES (?, NULL)", arguments: [n])
                    }
                }, on: ledger)
            for result in results { #expect(throws: Never.self) { try result.get() } }
        }
    }

    @Test func `a member that throws rolls back alone`() async throws {
        try await withLedger { ledger async throws in
            try await makeTable(ledger)
            let results = try await run(
                (0..<10).map { n in
                    { db in
                        try db.execute(sql: "INSERT INTO things VALUES (?, NULL)", arguments: [n])
                        if n == 4 { throw Failure(.refused, "not this one") }
                        if n == 7 { try db.execute(sql: "INSERT INTO things VALUES (1, NULL)") }
                    }
                }, on: ledger)
            for (n, result) in results.enumerated() {
                switch n {
                case 4: #expect(throws: Failure(.refused, "not this one")) { try result.get() }
                case 7: #expect(throws: LedgerFailure.self) { try result.get() }
                default: #expect(throws: Never.self) { try result.get() }
                }
            }
            #expect(
                try await ledger.read { try Int.fetchAll($0, sql: "SELECT n FROM things ORDER BY n") }
                    == [0, 1, 2, 3, 5, 6, 8, 9])
        }
    }

    @Test func `a full disk takes the whole batch back, and then only the member that does not fit fails`() async throws
    {
        try await withLedger { ledger async throws in
            try await makeTable(ledger)
            let runs = Counts()
            let limit = try await ledger.write { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                return try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 20)")
            }
            #expect(limit != nil)
            let results = try await run(
                (0..<10).map { n in
                    { db in
                        runs.add(n)
                        let size = n == 5 ? 1 << 20 : 100
                        try db.execute(sql: "INSERT INTO things VALUES (?, zeroblob(\(size)))", arguments: [n])
                    }
                }, on: ledger)
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
                try await ledger.read { try Int.fetchAll($0, sql: "SELECT n FROM things ORDER BY n") }
                    == [0, 1, 2, 3, 4, 6, 7, 8, 9])
            try await ledger.queue()
            #expect(try await ledger.verifyAudit().problem == nil)
        }
    }

    private final class Counts: Sendable {
        private let counts: Mutex<[Int: Int]> = Mutex([:])
        func add(_ key: Int) { counts.withLock { $0[key, default: 0] += 1 } }
        subscript(key: Int) -> Int { counts.withLock { $0[key, default: 0] } }
    }

    @Test func `a batch that is rolled back as a whole runs again one by one`() async throws {
        try await withLedger { ledger async throws in
            try await makeTable(ledger)
            let runs = Counts()
            let results = try await run(
                (0..<10).map { n in
                    { db in
                        runs.add(n)
                        try db.execute(sql: "INSERT INTO things VALUES (?, NULL)", arguments: [n])
                        guard n == 5 else { return }
                        // What SQLite itself does on some errors.
                        try db.execute(sql: "ROLLBACK")
                        throw DatabaseError(resultCode: .SQLITE_FULL)
                    }
                }, on: ledger)
            for (n, result) in results.enumerated() {
                if n == 5 {
                    #expect(throws: LedgerFailure.full(path: ledger.location.path)) { try result.get() }
                } else {
                    #expect(throws: Never.self) { try result.get() }
                }
                #expect(runs[n] == (n > 5 ? 1 : 2))
            }
            #expect(
                try await ledger.read { try Int.fetchAll($0, sql: "SELECT n FROM things ORDER BY n") }
                    == [0, 1, 2, 3, 4, 6, 7, 8, 9])
        }
    }

    @Test func `an errand runs outside any transaction, though the queue never empties`() async throws {
        try await withLedger { ledger async throws in
            let committer = try GroupCommitter(
                pool: ledger.pool, location: ledger.location, endProcess: Ledger.endProcess)
            let isInside = await withCheckedContinuation { continuation in
                committer.betweenBatches { continuation.resume(returning: $0.isInsideTransaction) }
            }
            #expect(!isInside)
            #expect(try committer.exclusively { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
        }
    }

    @Test func `a write on a closed ledger fails and does not trap`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(at: folder.location)
        ledger.close()
        await #expect(throws: LedgerFailure.self) { try await ledger.write { try $0.execute(sql: "SELECT 1") } }
        await #expect(throws: LedgerFailure.self) { try await ledger.count("SELECT 1") }
    }
}
