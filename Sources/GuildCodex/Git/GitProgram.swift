import CLinux
import Foundation
package import GuildDomain

/// The `git` executable, for what libgit2 1.5 cannot do: fetch with the user's own transports and credentials, verify
/// ssh signatures, sign.
package struct GitProgram: Sendable {
    /// How a call ended.
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String

        /// Git's own words in one line, without passwords of addresses.
        package var reason: String {
            let lines = (errors + "\n" + output).split(whereSeparator: \.isNewline)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            let telling = lines.filter { line in
                ["fatal:", "error:", "! ", "!\t", "gpg:"].contains { line.hasPrefix($0) }
            }
            let text = (telling.isEmpty ? lines.suffix(1) : telling.prefix(3)).joined(separator: "; ")
            return GitProgram.withoutPasswords(text.isEmpty ? "exit status \(status)" : text).escapingControls
        }
    }

    /// `https://ada:secret@host/x` without `ada:secret`.
    package static func withoutPasswords(_ text: String) -> String {
        text.replacing(/:\/\/[^\s\/@]*@/, with: "://")
    }

    private let environment: [String: String]

    /// Variables that would lead git to another repository than the one that is named.
    private static let misleading: Set<String> = [
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX",
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_CEILING_DIRECTORIES",
    ]
    private static let quarantine: Set<String> = [
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
    ]
    /// Output beyond this is dropped.
    private static let outputLimitBytes = 16 << 20

    /// - Parameters:
    ///   - environment: of the process; what would mislead git is left out.
    ///   - keepsQuarantine: whether git reads the objects of a push that is not taken over yet.
    package init(environment: [String: String], keepsQuarantine: Bool = false) {
        var environment = environment.filter {
            !Self.misleading.contains($0.key) || keepsQuarantine && Self.quarantine.contains($0.key)
        }
        // Nobody is there to answer, and messages are read by people who may search for them.
        environment["GIT_TERMINAL_PROMPT"] = "0"
        // What a commit is, is said by its name: a ref that replaces it would have git judge another one than is read.
        environment["GIT_NO_REPLACE_OBJECTS"] = "1"
        environment["LC_ALL"] = "C"
        if environment["PATH"] == nil { environment["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        self.environment = environment
    }

    /// Runs git and waits for its end. Blocks the thread: long calls belong on one of their own (`start`).
    ///
    /// - Parameters:
    ///   - repository: its git directory, or a folder of its work tree.
    ///   - variables: added to the environment.
    /// - Throws: where git cannot be started or takes longer than `timeout`; its own failure is in the outcome.
    package func run(
        _ arguments: [String], in repository: String, adding variables: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) throws(Failure) -> Outcome {
        var (output, errors): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard guild_linux_pipe(&output) == 0 else { throw Self.cannotStart(errno) }
        guard guild_linux_pipe(&errors) == 0 else {
            let reason = errno
            for descriptor in output { close(descriptor) }
            throw Self.cannotStart(reason)
        }
        defer { for descriptor in [output[0], errors[0]] { close(descriptor) } }
        let command = ["git", "-C", repository] + arguments
        let started = Self.spawn(command, environment.merging(variables) { $1 }, output[1], errors[1])
        for descriptor in [output[1], errors[1]] { close(descriptor) }
        let process = try started.get()
        let collected = Self.collect(output[0], errors[0], timeout)
        if collected == nil { kill(-process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard let collected else {
            throw Failure(
                .unavailable, "git \(arguments.first ?? "") took longer than \(timeout)",
                hint: "run it by hand: \(command.joined(separator: " "))")
        }
        let signal = status & 0x7F
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: String(decoding: collected.output, as: UTF8.self),
            errors: String(decoding: collected.errors, as: UTF8.self))
    }

    /// As `run`, on a thread of its own.
    package func start(
        _ arguments: [String], in repository: String, timeout: Duration = .seconds(60)
    ) async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(arguments, in: repository, timeout: timeout) })
            }
        }
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String], _ output: Int32, _ errors: Int32
    ) -> Result<pid_t, Failure> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that what git started ends with it; signals as a shell would give them.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        let problem = posix_spawnp(&process, command[0], &actions, &attributes, &arguments, &variables)
        return problem == 0 ? .success(process) : .failure(cannotStart(problem))
    }

    /// - Returns: nil where time is up before both ends are closed.
    private static func collect(
        _ output: Int32, _ errors: Int32, _ timeout: Duration
    ) -> (output: [UInt8], errors: [UInt8])? {
        let deadline = ContinuousClock.now + timeout
        var open = [output, errors]
        var bytes: [Int32: [UInt8]] = [output: [], errors: []]
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while !open.isEmpty {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return nil }
            var polled = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let milliseconds = Int32(clamping: left.microseconds / 1000 + 1)
            guard poll(&polled, nfds_t(polled.count), milliseconds) >= 0 || errno == EINTR else { return nil }
            for ready in polled where ready.revents != 0 {
                let count = read(ready.fd, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    open.removeAll { $0 == ready.fd }
                    continue
                }
                let room = max(0, outputLimitBytes - (bytes[ready.fd]?.count ?? 0))
                bytes[ready.fd]?.append(contentsOf: buffer[..<min(count, room)])
            }
        }
        return (bytes[output] ?? [], bytes[errors] ?? [])
    }

    private static func cannotStart(_ reason: Int32) -> Failure {
        Failure(
            .unavailable, "cannot start git: \(String(cString: strerror(reason)))",
            hint: "install git and see that it is on PATH")
    }
}
