import Foundation
import GuildDomain

/// A process of this run's own, ended by its id.
struct Child {
    let pid: pid_t

    /// Ten milliseconds each.
    private static let stopTries = 1000
    private static let readyTimeoutNanoseconds: UInt64 = 30_000_000_000

    /// - Parameter output: the file that takes what it prints, on both streams; nil drops it.
    init(_ arguments: [String], environment: [String: String] = [:], output: String? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = variables.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let problem = posix_spawnp(&pid, arguments[0], &actions, nil, argv, envp)
        guard problem == 0 else {
            throw Failure(.unavailable, "cannot start \(arguments[0]): \(String(cString: strerror(problem)))")
        }
        self.pid = pid
    }

    /// - Returns: its exit status; 128 and the signal where one ended it.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return Self.exitStatus(status)
    }

    /// - Returns: the same, and the processor time that it took (`man 2 wait4`).
    func waitForTime() -> (status: Int32, processor: ProcessorTime) {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
        return (Self.exitStatus(status), ProcessorTime(usage))
    }

    /// - Returns: the same, and the most memory that it was seen to have, in megabytes of 1,000,000 bytes. What the kernel
    ///   says at its end counts our own memory too, which it shared before it became another program.
    func waitForUsage() -> (status: Int32, peakMegabytes: Double) {
        var (status, peak): (Int32, Double) = (0, 0)
        while waitpid(pid, &status, WNOHANG) == 0 {
            if let figures = ProcessFigures(pid: pid) { peak = max(peak, figures.peakMegabytes) }
            usleep(2000)
        }
        return (Self.exitStatus(status), peak)
    }

    private static func exitStatus(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Asks it to end, and after a while ends it.
    func stop() {
        kill(pid, SIGTERM)
        for _ in 0..<Self.stopTries {
            if waitpid(pid, nil, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        wait()
    }

    /// Waits until a line of a file holds `marker`.
    ///
    /// - Returns: the digits behind the marker's last colon: the port of an address.
    static func port(after marker: String, in path: String) throws -> UInt16 {
        let deadline = MonotonicClock.now + readyTimeoutNanoseconds
        while MonotonicClock.now < deadline {
            let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
            if let range = text.range(of: marker) {
                let address = text[range.upperBound...].prefix { $0.isNumber || $0 == "." || $0 == ":" }
                if let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) { return port }
            }
            usleep(10_000)
        }
        throw Failure(.failed, "\(path) never said '\(marker)'")
    }
}
