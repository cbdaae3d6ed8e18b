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
            try Data(script.utf8).write(to: URL(fileURLWithPath: bin + "/git"))
            chmod(bin + "/git", 0o755)
            try await codex.git("remote", "add", "origin", codex.folder + "/nowhere")
            let child = try codex.start(
                "serve", "--follow", "origin/main", "--listen", "127.0.0.1:0",
                overriding: ["PATH": "\(bin):/usr/bin:/bin"])
            let reader = try await blocking { open(pipe, O_RDONLY | O_CLOEXEC) }
            defer { close(reader) }
            let first = try await blocking { Self.read(reader) }
            #expect(first == Array("begun\n".utf8))
            child.signal(signal)
            // The end of the pipe: nobody has it open any more.
            let last = try await blocking { Self.read(reader) }
            #expect(last.isEmpty)
            #expect(try await child.wait() != .exited(0))
        }

        private static func read(_ descriptor: Int32) -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            return Array(buffer.prefix(max(0, count)))
        }
    }
}
