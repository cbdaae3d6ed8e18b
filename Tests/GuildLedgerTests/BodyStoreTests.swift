import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct BodyStoreTests {
    private let folder: TemporaryFolder
    private let store: BodyStore

    init() throws {
        folder = try TemporaryFolder()
        store = BodyStore(folder: folder.path)
    }

    private static let large = [UInt8](repeating: 0x61, count: BodyStore.inlineLimitBytes + 1)

    private func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.contains("/") }
    }

    @Test func `a body of 64 KiB stays in its row`() throws {
        let body = [UInt8](repeating: 1, count: BodyStore.inlineLimitBytes)
        let stored = try store.store(body)
        #expect(stored.digest == nil)
        #expect(try store.load(stored) == body)
        #expect(try files().isEmpty)
    }

    @Test func `a larger one gets a file named by its digest, once`() throws {
        let stored = try store.store(Self.large)
        #expect(stored == .file(digest: ContentDigest.hex(of: Self.large)))
        #expect(try store.store(Self.large) == stored)
        #expect(try store.load(stored) == Self.large)
        #expect(try files().count == 1)
    }

    @Test func `many writers of one body leave one file and nothing half written`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [store] group in
            for _ in 0..<16 { group.addTask { _ = try store.store(Self.large) } }
            try await group.waitForAll()
        }
        #expect(try files().count == 1)
    }

    @Test func `a body that is gone or changed is told apart from one that is there`() throws {
        let stored = try store.store(Self.large)
        let path = folder.path + "/" + (try #require(try files().first))
        try Data("other".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: LedgerFailure.damagedBody(reason: path + ": it is not what was stored")) {
            try store.load(stored)
        }
        unlink(path)
        #expect(throws: LedgerFailure.damagedBody(reason: path + ": it is missing")) { try store.load(stored) }
        mkdir(path, 0o700)
        #expect(throws: LedgerFailure.damagedBody(reason: path + ": it is a folder, not a file")) {
            try store.load(stored)
        }
        let event = EventID(now: start)
        let fault = #expect(throws: RowFault.self) { try store.payload(stored, of: event) }
        #expect(fault?.message.contains("event \(event)") == true)
    }

    @Test func `a store whose folder is gone says so`() {
        #expect(throws: LedgerFailure.self) { try BodyStore(folder: "/nowhere/at/all").store(Self.large) }
    }
}
