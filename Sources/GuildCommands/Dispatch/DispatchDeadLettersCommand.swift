import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct DispatchDeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "Lists, retries and discards invocations that failed for good.",
        subcommands: [
            DeadLettersListCommand.self, DeadLettersShowCommand.self, DeadLettersRetryCommand.self,
            DeadLettersDropCommand.self,
        ], defaultSubcommand: DeadLettersListCommand.self)
}

struct DeadLettersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the dead letters, the newest first.")

    static let maximumCount = 10_000

    @Option(help: ArgumentHelp("Only those of this agent.", valueName: "name"))
    var agent: String?

    @Option(name: .letter("n"), help: ArgumentHelp("The maximum number.", valueName: "count"))
    var count = 100

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...Self.maximumCount).contains(count) else {
            throw ValidationError("-n \(count) is not between 1 and \(Self.maximumCount)")
        }
    }

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let letters =
            try await context.ledger(orElse: .saidUnlessSeveral)?.dispatch.deadLetters(
                agent: agent?.lowercased(), limit: count) ?? []
        try output.renderer.print(DeadLettersResult(letters: letters, agent: agent))
    }
}

struct DeadLettersShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one with its event, its turns and the reason for its end.")

    @Argument(help: ArgumentHelp("The id of the invocation.", valueName: "id"))
    var id: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.requiredLedger()
        let found = try await DeadLettersResult.find(id, in: ledger.invocations, ledger.reports)
        let id = found.id.description
        guard let trace = try await ledger.reports.trace(of: found.event) else { throw DeadLetterFailure.unknown(id) }
        try output.renderer.print(TraceResult(trace: trace, wanted: id))
    }
}

struct DeadLettersRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Queues dead letters again (audited).",
        discussion: "Each continues after the last answer in its journal. No model call and no action is repeated.")

    @Argument(help: ArgumentHelp("The ids of the invocations.", valueName: "id"))
    var ids: [String] = []

    @Flag(help: "All of them, or all of one agent with --agent.")
    var all = false

    @Option(help: ArgumentHelp("With --all: only those of this agent.", valueName: "name"))
    var agent: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if all, !ids.isEmpty { throw ValidationError("name the dead letters or give --all, not both") }
        if !all, ids.isEmpty { throw ValidationError("name the dead letters, or give --all") }
        if agent != nil, !all { throw ValidationError("--agent needs --all") }
    }

    func run() async throws {
        let settings = options.settings()
        try await DeadLettersResult.each(ids, all: all, agent: agent, settings, output.renderer) { dispatch, id in
            try await dispatch.retryDeadLetter(id, actor: settings.user, now: settings.time.now)
        }
    }
}

struct DeadLettersDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Discards dead letters; their records stay (audited).")

    @Argument(help: ArgumentHelp("The ids of the invocations.", valueName: "id"))
    var ids: [String]

    @Option(help: ArgumentHelp("The reason (audited).", valueName: "text"))
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let reason = reason
        try await DeadLettersResult.each(ids, all: false, agent: nil, settings, output.renderer) { dispatch, id in
            try await dispatch.dropDeadLetter(
                id, reason: reason, actor: settings.user, now: settings.time.now)
        }
    }
}
