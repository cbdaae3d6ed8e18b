import Foundation

/// The git command, for what libgit2 does not do: signing and pushing. It sees nothing of inherited `GIT_*`, asks
/// nothing on standard input, and is ended when its time is up.
enum GitProgram {
    /// A key may want a passphrase or a touch.
    static let signSeconds = 120
    static let pushSeconds = 120
    private static let outputLimitBytes = 64 << 10

    struct Finished: Sendable {
        /// 128 and the signal's number where one ended it.
        let status: Int32
        let output: String
        let errors: String

        /// What it said last, on one line.
        var complaint: String {
            let lines = (errors + "\n" + output).split(whereSeparator: \.isNewline)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            let telling = lines.filter { line in
                ["fatal:", "error:", "! ", "!\t", "gpg:"].contains { line.hasPrefix($0) }
            }
            let text = (telling.isEmpty ? lines.suffix(1) : telling.prefix(3)).joined(separator: "; ")
            return GitProgram.withoutPasswords(text.isEmpty ? "git ended with status \(status)" : text)
                .escapingControls
        }
    }

    /// - Parameter environment: variables beside those inherited.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Int
    ) throws(AnchorFailure) -> Finished {
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }
        variables["GIT_TERMINAL_PROMPT"] = "0"
        variables["LC_ALL"] = "C"
        for (name, value) in environment { variables[name] = value }
        var pipes = Pipes()
        guard pipes.isOpen else { throw .noGit(detail: "no more files can be opened") }
        let (code, process) = spawn(["git"] + arguments, variables, pipes)
        pipes.closeWriting()
        guard code == 0 else { throw .noGit(detail: String(cString: strerror(code))) }
        let (output, errors) = pipes.readAll(process, until: Int64(time(nil)) + Int64(seconds))
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return Finished(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: output,
            errors: signal == 0 ? errors : errors + "\nfatal: git was ended after \(seconds) seconds at most")
    }

    /// `https://ada:secret@host/x` without `ada:secret`.
    static func withoutPasswords(_ text: String) -> String {
        text.replacing(/:\/\/[^\s\/@]*@/, with: "://")
    }

    private static func spawn(_ command: [String], _ variables: [String: String], _ pipes: borrowing Pipes)
        -> (Int32, pid_t)
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes.output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, pipes.errors.write, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // guild ignores SIGPIPE; git relies on it.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(truncatingIfNeeded: Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "git", &actions, &attributes, &arguments, &environment)
        return (code, process)
    }

    /// Two pipes, both of whose ends this value closes.
    private struct Pipes: ~Copyable {
        private(set) var output: (read: Int32, write: Int32) = (-1, -1)
        private(set) var errors: (read: Int32, write: Int32) = (-1, -1)

        init() {
            var ends: [Int32] = [-1, -1]
            if pipe(&ends) == 0 { output = (ends[0], ends[1]) }
            if pipe(&ends) == 0 { errors = (ends[0], ends[1]) }
            for end in [output.read, output.write, errors.read, errors.write] where end >= 0 {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            }
        }

        deinit {
            for end in [output.read, output.write, errors.read, errors.write] where end >= 0 { close(end) }
        }

        var isOpen: Bool { output.read >= 0 && errors.read >= 0 }

        mutating func closeWriting() {
            for end in [output.write, errors.write] { close(end) }
            (output.write, errors.write) = (-1, -1)
        }

        /// Reads both to their ends; at the deadline (seconds since 1970) the process is killed.
        func readAll(_ process: pid_t, until deadline: Int64) -> (String, String) {
            var texts: [[UInt8]] = [[], []]
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            var polled = [output.read, errors.read].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            var isKilled = false
            while polled.contains(where: { $0.fd >= 0 }) {
                let left = deadline - Int64(time(nil))
                if left <= 0, !isKilled {
                    kill(process, SIGKILL)
                    isKilled = true
                }
                // Killed, its children may still hold the pipes: they are not waited for.
                let ready = poll(&polled, 2, isKilled ? 1000 : Int32(clamping: left * 1000))
                if isKilled, ready == 0 { break }
                for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                    let count = read(polled[index].fd, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else {
                        polled[index].fd = -1
                        continue
                    }
                    let room = max(0, outputLimitBytes - texts[index].count)
                    texts[index] += buffer[..<min(count, room)]
                }
            }
            return (String(decoding: texts[0], as: UTF8.self), String(decoding: texts[1], as: UTF8.self))
        }
    }
}
