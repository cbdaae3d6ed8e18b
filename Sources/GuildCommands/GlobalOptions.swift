import ArgumentParser
import Foundation
import GuildCitadel
import GuildConnectors
import GuildDomain
import Logging

/// The options that every command understands.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A repository, bare or not, or a folder in one.",
            discussion:
                "Environment: GUILD_CODEX. Default: the nearest codex/ or guild.yaml in this folder or a parent.",
            valueName: "path"), completion: .directory)
    var codex: String?

    @Option(help: ArgumentHelp("The revision of the codex to use.", valueName: "rev"))
    var rev = "HEAD"

    @Flag(help: "Read uncommitted files instead; the ledger marks such invocations.")
    var worktree = false

    @Option(
        help: ArgumentHelp(
            "The ledger, as sqlite:PATH.",
            discussion: "Environment: GUILD_LEDGER. Default: a file in the state folder.", valueName: "url"))
    var ledger: String?

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical.",
            discussion: "Default: info for serve, warning for every other command.", valueName: "level"))
    var logLevel: LogLevel?

    @Option(help: ArgumentHelp("The format of log lines.", valueName: "format"))
    var logFormat: LogFormat = .text

    /// Codex and ledger, for the command to close.
    func context(for purpose: CommandContext.Purpose = .reading) throws -> CommandContext {
        try CommandContext(settings(), for: purpose)
    }

    /// The codex alone, for what needs no ledger.
    func openCodex() throws -> CodexAccess { try CodexAccess(settings()) }

    /// The settings of the process, with a logger whose lines never show a secret.
    func settings(redactor: Redactor = Redactor(), defaultLogLevel: Logger.Level = .warning) -> Settings {
        let format = logFormat
        var logger = Logger(label: "guild") { label in
            RedactingLogHandler(LineLogHandler(label: label, format: format), redactor: redactor)
        }
        logger.logLevel = logLevel?.level ?? defaultLogLevel
        var settings = Settings(
            codex: codex, revision: rev, usesWorktree: worktree, ledger: ledger,
            environment: ProcessInfo.processInfo.environment,
            workingDirectory: FileManager.default.currentDirectoryPath, logger: logger)
        settings.user = "user:\(UserName.current)"
        settings.remark = { [logger] text in
            guard format == .text else { return logger.warning("\(text)") }
            Terminal.write("guild: \(ScreenText.line(text))\n", to: .error)
        }
        return settings
    }
}

enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    /// In any case of letters: other programs write levels in capitals.
    init?(argument: String) { self.init(rawValue: argument.lowercased()) }

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .warning }
}

enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
