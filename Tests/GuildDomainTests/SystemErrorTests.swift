import Foundation
import GuildDomain
import Testing

@Suite struct SystemErrorTests {
    @Test func `what Foundation says is told in the system's words, with the path`() throws {
        let path = "/proc/nowhere/at/all"
        let error = try #require(
            #expect(throws: (any Error).self) {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            })
        #expect(SystemError.code(of: error) == ENOENT)
        let failure = try #require(SystemError.failure(of: error))
        #expect(failure.kind == .unavailable)
        #expect(failure.message.hasPrefix("/proc/"))
        #expect(failure.message.hasSuffix(": No such file or directory"))
    }

    @Test func `an error of ours is none of the system`() {
        #expect(SystemError.failure(of: Failure(.usage, "x")) == nil)
        #expect(SystemError.code(of: Failure(.usage, "x")) == EIO)
        #expect(SystemError.words(POSIXError(.ENOSPC)) == "No space left on device")
        #expect(SystemError.code(of: CocoaError(.fileWriteNoPermission)) == EACCES)
    }
}
