import CLinux
import Foundation
package import GuildDomain

/// The `git` executable, for operations that libgit2 1.5 lacks: fetching with the user's own transports and
/// credentials, verifying ssh signatures, signing.
package struct GitProgram: Sendable {
    /// How a call ended.
    package struct Outcome: Sendable {
        /// The exit status; not 0 if git failed.
        package let status: Int32
        /// Standard output, cut at the output limit.
        package let output: String
        /// Standard error, cut at the output limit.
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
    /// The path of git; nil if `PATH` has none.
    private let executable: String?

    /// The part of our environment that git and its children (ssh, ssh-keygen, hooks, credential programs) receive. The
    /// rest may contain secrets, and variables that lead git to another repository or configuration are left out.
    private static let allowed: Set<String> = [
        "HOME", "PATH", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
        "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GNUPGHOME",
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
        "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH",
        "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_DATE",
    ]
    private static let quarantine: Set<String> = [
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
    ]
    /// Runs the program in `$@` and ends its whole process group as soon as guild is gone, however guild ended: the
    /// watcher reads from a pipe (3) that nobody writes to, and an end of file means that the only writer has closed
    /// it.
    private static let leash = """
        { read -r _ <&3; kill -9 0; } >/dev/null 2>&1 & exec 3<&-; exec "$@"
        """
    private static let shell = "/bin/sh"
    /// Output beyond this is dropped.
    private static let outputLimitBytes = 16 << 20

    /// - Parameters:
    ///   - environment: of the process; only the allowed part is passed on.
    ///   - keepsQuarantine: whether git reads the objects of a push that is not accepted yet.
    package init(environment: [String: String], keepsQuarantine: Bool = false) {
        var environment = environment.filter {
            Self.allowed.contains($0.key) || keepsQuarantine && Self.quarantine.contains($0.key)
        }
        // Nobody can answer a prompt, and people may search for the messages.
        environment["GIT_TERMINAL_PROMPT"] = "0"
        // A commit is identified by its name: a replacement ref would make git judge another commit than the one that
        // is read.
        environment["GIT_NO_REPLACE_OBJECTS"] = "1"
        environment["LC_ALL"] = "C"
        if environment["PATH"] == nil { environment["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        self.environment = environment
        executable = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/git" }
            .first { PathKind(at: $0) == .file && access($0, X_OK) == 0 }
    }

    /// Runs git and waits for its end, without programs that the repository names itself. Blocks the thread: long calls
    /// belong on one of their own (`start`).
    ///
    /// - Parameters:
    ///   - repository: its git directory, or a folder of its work tree.
    ///   - variables: added to the environment.
    /// - Throws: if git cannot be started or takes longer than `timeout`; its own failure is in the outcome.
    package func run(
        _ arguments: [String], in repository: String, adding variables: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) throws(Failure) -> Outcome {
        // A git directory that is named counts more than the folder.
        let place = arguments.first == "--git-dir" ? Array(arguments.prefix(2)) : []
        let listing = try call(place + RepositoryPrograms.list, in: repository, variables, timeout)
        guard listing.status == 0 else { return listing }
        // A truncated listing may have named more.
        guard listing.output.utf8.count < Self.outputLimitBytes else {
            throw Failure(
                .refused, "\(repository): git's configuration is too long",
                hint: "`git config --list --show-origin` lists it")
        }
        let programs = try RepositoryPrograms(listing: listing.output, of: repository)
        return try call(arguments, in: repository, programs.variables.merging(variables) { $1 }, timeout)
    }

    private func call(
        _ arguments: [String], in repository: String, _ variables: [String: String], _ timeout: Duration
    ) throws(Failure) -> Outcome {
        guard let executable else { throw Self.cannotStart(ENOENT) }
        let pipes = try Self.threePipes()
        let output = pipes[0]
        let errors = pipes[1]
        let life = pipes[2]
        // Closing our end of the last pipe ends the processes that git left behind, so it comes after git's output is
        // read.
        defer { for descriptor in [output.read, errors.read, life.write] { close(descriptor) } }
        let command = ["git", "-C", repository] + arguments
        let started = Self.spawn(
            [executable] + command.dropFirst(), environment.merging(variables) { $1 }, output.write, errors.write,
            life.read)
        for descriptor in [output.write, errors.write, life.read] { close(descriptor) }
        let process = try started.get()
        let collected = Self.collect(output.read, errors.read, timeout)
        if collected == nil { kill(-process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        // The watcher is of the group too, so that its number is still this group's own.
        kill(-process, SIGKILL)
        // As the first process of a container we are whose children they became.
        while waitpid(-process, nil, 0) > 0 || errno == EINTR {}
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

    private static func threePipes() throws(Failure) -> [(read: Int32, write: Int32)] {
        var pipes: [(read: Int32, write: Int32)] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard guild_linux_pipe(&ends) == 0 else {
                let reason = errno
                for pipe in pipes {
                    close(pipe.read)
                    close(pipe.write)
                }
                throw cannotStart(reason)
            }
            pipes.append((ends[0], ends[1]))
        }
        return pipes
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String], _ output: Int32, _ errors: Int32, _ life: Int32
    ) -> Result<pid_t, Failure> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        posix_spawn_file_actions_adddup2(&actions, life, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A separate group, so that git's children end with it; signals as a shell would set them.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
        var arguments: [UnsafeMutablePointer<CChar>?] =
            ([shell, "-c", leash, "git"] + command).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        let problem = posix_spawn(&process, shell, &actions, &attributes, &arguments, &variables)
        return problem == 0 ? .success(process) : .failure(cannotStart(problem))
    }

    /// - Returns: nil if time is up before both ends are closed.
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
            .unavailable, "cannot start git: \(SystemError.words(reason))",
            hint: "install git and check that it is on PATH")
    }
}
