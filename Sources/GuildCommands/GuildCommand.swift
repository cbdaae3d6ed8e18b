package import ArgumentParser
import CLinux
import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain

/// `guild`: the operating system for AI agents.
package struct GuildCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "guild",
        abstract: "Runs AI agents from git, within budgets, with an audit log.",
        discussion: """
            Exit status: 0 done, 1 failed, 2 wrong usage, 3 the codex is invalid, 4 out of budget, 5 refused by policy \
            or waiting for approval, 6 a dependency is unavailable, 130 interrupted.
            """,
        version: "guild \(GuildVersion.current)",
        subcommands: [
            InitCommand.self, RunCommand.self, ServeCommand.self, PsCommand.self, CancelCommand.self,
            DispatchCommand.self, BudgetCommand.self, RegistryCommand.self, ScheduleCommand.self, AuditCommand.self,
            LedgerCommand.self, StatusCommand.self, CompletionsCommand.self,
        ])

    package init() {}

    /// Parses, runs and ends the process with the documented exit status.
    package static func start(arguments: [String]) async -> Never {
        holdSecrets()
        // Asked by every script and every bug report: answered before the parser is built.
        if arguments == ["--version"] { finish(configuration.version + "\n") }
        startGit(arguments)
        do {
            var command = try parsed(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            ExitDoor.leave(0)
        } catch {
            end(with: error, after: arguments)
        }
    }

    /// The command that the arguments name, with its options, validated.
    static func parsed(_ arguments: [String]) throws -> any ParsableCommand { try parseAsRoot(arguments) }

    /// Starting libgit2 takes as long as parsing the command line: a command that may need it does both at once.
    private static func startGit(_ arguments: [String]) {
        guard let word = arguments.first, !word.hasPrefix("-") else { return }
        Thread.detachNewThread { CodexRepository.prepare() }
    }

    /// No core dump and no debugger of the same user: this process will hold keys.
    private static func holdSecrets() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = guild_linux_forbid_dumps()
        // A reader that went away ends a write with an error, not the process with a signal.
        signal(SIGPIPE, SIG_IGN)
        // Otherwise the next opened file, perhaps the ledger, would receive the output. Read-only, so that a write to a
        // closed output fails as it should.
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDONLY)
        }
    }

    private static func end(with error: any Error, after arguments: [String]) -> Never {
        if let status = error as? CommandStatus { ExitDoor.leave(status.code) }
        if let failure = error as? any GuildError ?? SystemError.failure(of: error) {
            ExitDoor.say("guild: \(failure.description)\n")
            ExitDoor.leave(failure.kind.exitStatus)
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        // Help and version are not errors; everything else that the parser refuses is wrong usage.
        if code == .success { finish(text + "\n") }
        if error is CancellationError { ExitDoor.leave(ErrorKind.interrupted.exitStatus) }
        ExitDoor.say((UnknownWord.first(in: arguments)?.text ?? text) + "\n")
        ExitDoor.leave(ErrorKind.usage.exitStatus)
    }

    private static func finish(_ text: String) -> Never {
        Terminal.write(text, to: .output)
        ExitDoor.leave(0)
    }
}

/// Ends a command that has said all it has to say with an exit status.
struct CommandStatus: Error {
    let code: Int32
}
