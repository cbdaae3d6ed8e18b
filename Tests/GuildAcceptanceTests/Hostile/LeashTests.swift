import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Hostile {
    /// What guild starts ends with it.
    struct LeashTests {
        @Test(arguments: [SIGKILL, SIGTERM])
        func `git and all it started end with us, also on kill -9`(signal: Int32) async throws {
            let codex = try await TemporaryCodex.clerk()
            let (bin, pipe) = (codex.folder + "/bin", codex.folder + "/pipe")
            #expect(mkfifo(pipe, 0o600) == 0)
            try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
            // Holds the pipe open as long as it, or what it started, lives.
            let script = "#!/bin/sh\nexec 9>'\(pipe)'\necho begun >&9\nsleep 1000 &\nwait\n"
            try await ExecutableFile.write(script, to: bin + "/git")
            try await codex.git("remote", "add", "origin", codex.folder + "/nowhere")
            let child = try codex.start(
                "serve", "--follow", "origin/main", "--listen", "127.0.0.1:0",
                overriding: ["PATH": "\(bin):/usr/bin:/bin"])
            // Without waiting for a writer, who may never come.
            let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            #expect(reader >= 0)
            defer { close(reader) }
            let first = try await blocking { Self.read(reader) }
            #expect(first == Array("begun\n".utf8))
            child.signal(signal)
            // The end of the pipe: nobody has it open any more.
            let last = try await blocking { Self.read(reader) }
            #expect(last == [])
            #expect(try await child.wait() != .exited(0))
        }

        private static let limitMilliseconds: Int32 = 120_000

        /// What comes next; empty at the end. Nil where nothing happens within the limit.
        private static func read(_ descriptor: Int32) -> [UInt8]? {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, limitMilliseconds) == 1 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            return count < 0 ? nil : Array(buffer.prefix(count))
        }
    }
}
