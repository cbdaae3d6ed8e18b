import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct FileLockTests {
    @Test func `one holder at a time, and the end of it frees the lock`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lock"
        do {
            let holder = try FileLock(path: path)
            let other = try FileLock(path: path)
            let first = holder.tryLock()
            let second = other.tryLock()
            let seen = try isFree(path)
            holder.unlock()
            let third = other.tryLock()
            #expect([first, second, seen, third] == [true, false, false, true])
        }
        #expect(try isFree(path))
    }

    private func isFree(_ path: String) throws -> Bool { try FileLock(existing: path).isFree() }

    @Test func `to look at a lock makes no file, and two may look at once`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lock"
        #expect(throws: LedgerFailure.self) { try isFree(path) }
        _ = try FileLock(path: path)
        let one = try FileLock(existing: path)
        let two = try FileLock(existing: path)
        let free = [one.isFree(), two.isFree()]
        #expect(free == [true, true])
    }
}
