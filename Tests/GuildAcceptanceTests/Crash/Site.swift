import Foundation
import GuildDomain
import GuildTestSupport

/// How the components run: all in one process, or each that has work in one of its own.
enum Layout: String, Sendable, CaseIterable {
    case together, apart

    var parts: [Part] { self == .together ? [.whole] : [.gateway, .dispatcher, .executor, .actionExecutor] }
}

/// What one process runs.
enum Part: String, Sendable, CaseIterable {
    case whole = "all in one"
    case gateway = "webhook-gateway"
    case dispatcher
    case executor
    case actionExecutor = "action-executor"

    var arguments: [String] { self == .whole ? [] : [rawValue] }
    var listens: Bool { self == .whole || self == .gateway }
}

/// The running processes of `guild serve` over one ledger.
struct Site: Sendable {
    let folder: String
    let codex: String
    let ledgerPath: String
    private(set) var processes: [Part: ChildProcess] = [:]
    /// Where webhooks are taken, as of the newest process that takes them.
    private(set) var port = 0

    /// A drain has to end by itself; this only keeps a broken one from hanging the tests.
    private static let drainLimit = Duration.seconds(600)

    init(in folder: String) throws {
        self.folder = folder
        codex = folder + "/codex"
        ledgerPath = folder + "/ledger/ledger.sqlite"
        for path in [codex, folder + "/ledger"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    /// Starts those that do not run, and waits until they are ready.
    mutating func start(_ parts: [Part]) async throws {
        for part in parts where processes[part] == nil {
            let address = part.listens ? ["--listen", "127.0.0.1:0"] : []
            processes[part] = try spawn(["serve"] + part.arguments + address)
        }
        for part in parts {
            guard let process = processes[part] else { continue }
            guard part.listens else {
                _ = try await process.errorLine(containing: " ready ")
                continue
            }
            let line = try await process.errorLine(containing: " listening ")
            guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
                throw Failure(.failed, "guild serve printed '\(line)'")
            }
            self.port = port
        }
    }

    /// Stops every process where it stands. What a process does in the kernel it finishes first, as it would when
    /// killed; so killing it from here is the same as having killed it there, and one can look meanwhile.
    func freeze() throws {
        for process in processes.values {
            process.signal(SIGSTOP)
            var details = siginfo_t()
            let options = WSTOPPED | WEXITED | WNOWAIT
            while waitid(P_PID, id_t(process.processID), &details, options) != 0 {
                guard errno == EINTR else { break }
            }
            guard process.ending == nil else {
                throw Failure(.failed, "guild ended by itself", hint: String(process.errors.suffix(4000)))
            }
        }
    }

    func thaw() { for process in processes.values { process.signal(SIGCONT) } }

    /// Kills with SIGKILL.
    mutating func kill(_ parts: [Part]) async throws {
        let victims = parts.compactMap { processes.removeValue(forKey: $0) }
        for victim in victims { victim.signal(SIGKILL) }
        for victim in victims {
            let ending = try await victim.wait()
            guard ending == .signalled(SIGKILL) else {
                throw Failure(.failed, "guild ended by itself: \(ending)", hint: String(victim.errors.suffix(4000)))
            }
        }
    }

    /// Ends them as an operator would.
    mutating func terminate() async throws {
        for process in processes.values {
            process.signal(SIGTERM)
            let ending = try await process.wait()
            guard ending == .exited(0) else {
                throw Failure(.failed, "guild serve ended with \(ending)", hint: String(process.errors.suffix(4000)))
            }
        }
        processes = [:]
    }

    /// Runs `guild serve --once` until nothing is left to do.
    func drain() async throws {
        let drained = try await run(["serve", "--once"])
        guard drained.status == 0 else {
            throw Failure(.failed, "guild serve --once: \(drained.ending)", hint: String(drained.errors.suffix(4000)))
        }
    }

    /// Runs another command of `guild` over the same ledger.
    func run(_ arguments: [String]) async throws -> ChildProcess.Finished {
        try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"), arguments + ledgerArguments,
            environment: CrashCodex.environment(state: folder), directory: codex, limit: Self.drainLimit)
    }

    private func spawn(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(
            try BuiltProducts.path(of: "guild"), arguments + ledgerArguments,
            environment: CrashCodex.environment(state: folder), directory: codex)
    }

    private var ledgerArguments: [String] { ["--ledger", "sqlite:\(ledgerPath)"] }
}
