import ArgumentParser
import Foundation
import GuildCitadel
import GuildConnectors
import GuildControl
import GuildDomain
import GuildLedger
import GuildRuntime

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs one invocation of an agent in the foreground.",
        discussion: """
            The answer streams to standard output; tool calls, tokens and cost go to standard error. Ctrl-C and SIGTERM \
            stop the run cleanly and settle its budget; guild then exits 130. A run that a budget stops keeps its \
            results, exits 4 and says what to grant; --resume continues it. If an action of the run was refused, guild exits 1, or 5 if a \
            person, the manifest or a policy refused it; if an action is still open because the system asked to delay \
            it, guild exits 6.
            """)

    enum Approval: String, ExpressibleByArgument, CaseIterable { case ask, all, none }

    @Argument(help: ArgumentHelp("The agent's name.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String?

    @Argument(help: ArgumentHelp("The request.", valueName: "prompt"))
    var prompt: [String] = []

    @Option(
        name: .letterAndLong("i"),
        help: ArgumentHelp("A file with the request; - is standard input.", valueName: "file"),
        completion: .file())
    var input: String?

    @Option(
        help: ArgumentHelp(
            "A CloudEvent in JSON to run on; - is standard input.",
            discussion: "A later `guild dispatch` of the same event is a duplicate.", valueName: "file"),
        completion: .file())
    var event: String?

    @Option(
        name: .customLong("var"),
        help: ArgumentHelp("A value for {{vars.K}} in the prompt; may be repeated.", valueName: "k=v"))
    var variables: [String] = []

    @Option(help: ArgumentHelp("A model of the LLMRegistry, or PROVIDER/MODEL.", valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("The maximum of tokens for this run: 4000, 200K.", valueName: "tokens"))
    var budget: String?

    @Option(
        help: ArgumentHelp("Continue an invocation that a budget stopped.", valueName: "invocation"))
    var resume: String?

    @Option(
        name: .customLong("on"),
        help: ArgumentHelp(
            "A container of the run: tools whose rule says `on: container` may act there; may be repeated.",
            discussion: "github:OWNER/REPO. Default: the repository of --event, else none.",
            valueName: "system:container"))
    var places: [String] = []

    @Flag(help: "Show the rendered prompt, the tools and the reservation; call nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("Write the model's answers to a recording.", valueName: "file"), completion: .file())
    var record: String?

    @Option(help: ArgumentHelp("Answer from a recording instead of the model.", valueName: "file"), completion: .file())
    var replay: String?

    @Option(
        help: ArgumentHelp(
            "ask, all or none: how to answer for actions of autonomy 1.",
            discussion: "Default: ask on a terminal, else none and exit 5.", valueName: "who"))
    var approve: Approval?

    @Flag(
        help: ArgumentHelp(
            "Trust every secret that the codex names, for the use it names.",
            discussion:
                "For protected branches. Default: ask on a terminal, else exit 5. Environment: "
                + "GUILD_TRUST_CODEX=1."))
    var trustCodex = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let resume {
            guard !resume.isEmpty else { throw ValidationError("--resume needs the id of an invocation") }
            guard agent == nil, prompt.isEmpty, input == nil, event == nil, model == nil, budget == nil, !dryRun,
                places.isEmpty
            else {
                throw ValidationError(
                    "--resume continues the original request: it takes no agent, request, container or budget")
            }
        } else if agent == nil {
            throw ValidationError("name the agent to run, or an invocation with --resume")
        }
        if record != nil, replay != nil { throw ValidationError("--record and --replay exclude each other") }
        if let budget, TokenCounts.parse(budget) == nil {
            throw ValidationError("--budget '\(budget)' is not a count of tokens: write 4000, 200K or 10M")
        }
        if let wrong = variables.first(where: { !$0.contains("=") || $0.hasPrefix("=") }) {
            throw ValidationError("--var '\(wrong)' is not of the form K=V")
        }
        _ = try containers()
        if input == "-", event == "-" { throw ValidationError("standard input can be read once: -i or --event") }
    }

    func run() async throws {
        let redactor = Redactor()
        var settings = options.settings(redactor: redactor)
        if trustCodex { settings.trustsCodex = true }
        let interruption = Interruption()
        var request = try runRequest(settings, interruption)
        if dryRun { return try preview(request, settings, redactor) }
        let deployment = try await Deployment(settings, redactor: redactor)
        defer { deployment.close() }
        if let resume { request.resumed = try await WrittenID.invocation(resume, in: deployment.ledger.reports) }
        let hosted = try HostedRun(request, in: deployment)
        let screen = RunScreen(
            style: Style(choice: output.color, isTerminal: isatty(STDERR_FILENO) == 1),
            streams: output.output == .table, isQuiet: output.quiet)
        let desk = ApprovalPrompt(
            mode: approve ?? (isatty(STDIN_FILENO) == 1 ? .ask : .none), interruption: interruption)
        let outcome = try await Interrupts.handling {
            try await hosted.run { event in
                screen.show(event)
            } approve: { action in
                let standing = try await deployment.ledger.actions.capStanding(of: action, now: deployment.time.now)
                let answer = desk.decide(action, standing)
                if interruption.isRaised { try await hosted.cancel(action.invocation) }
                return answer
            }
        } onInterrupt: {
            interruption.raise()
            guard let id = screen.invocation else { return }
            try await hosted.cancel(id)
        }
        screen.finish()
        if output.output != .table { try output.renderer.print(RunResult(outcome: outcome)) }
        screen.explain(outcome)
        if outcome.exitStatus != 0 { throw CommandStatus(code: outcome.exitStatus) }
    }

    private func runRequest(_ settings: Settings, _ interruption: Interruption) throws -> RunRequest {
        var asked = RunOptions()
        let text = try input.map { String(decoding: try InputFile.read($0), as: UTF8.self) }
        asked.input = [prompt.joined(separator: " "), text ?? ""].filter { !$0.isEmpty }.joined(separator: "\n\n")
        asked.model = model
        asked.budget = budget.flatMap { TokenCounts.parse($0) }
        asked.containers = places.isEmpty ? nil : try containers()
        asked.variables = variables.map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }.sorted { $0.0 < $1.0 }
        var request = RunRequest(agent: agent ?? "", options: asked, user: settings.user)
        if isatty(STDIN_FILENO) == 1 { request.trust = { try TrustPrompt.ask($0, until: interruption) } }
        if let event { request.event = try Self.event(event, now: settings.time.now) }
        if let replay { request.substitute = .replay(try Self.recording(replay)) }
        if let record {
            try Recorder.requireWritable(record)
            request.substitute = .record(path: record)
        }
        return request
    }

    /// The containers of `--on`, each of a system that has some and spelled as its system does.
    private func containers() throws -> [Container] {
        let catalogue = CodexAccess.catalogue
        return try places.map { text in
            guard let container = Container(text) else {
                throw ValidationError(
                    "--on '\(text)' is not of the form SYSTEM:CONTAINER" + CodexAccess.systems.exampleOfContainer)
            }
            let forms = catalogue.forms(in: container.system)
            guard !forms.isEmpty else {
                let nearest = NearestName.of(container.system, in: catalogue.systems)
                throw ValidationError(
                    "--on '\(text)': there is no system '\(container.system)'"
                        + (nearest.map { "; did you mean '\($0)'?" } ?? "; there is "
                            + catalogue.systems.joined(separator: ", ")))
            }
            guard forms.contains(where: { $0.canonical(container.name) != nil }) else {
                throw ValidationError(
                    "--on '\(text)' must be \(container.system):" + forms.map(\.shown).joined(separator: " or "))
            }
            return container
        }
    }

    private static func event(_ path: String, now: Timestamp) throws -> Event {
        let events = try EventDocuments.parse(try InputFile.read(path), name: path, now: now)
        guard let event = events.first, events.count == 1 else {
            throw Failure(
                .usage, "\(path): \(events.count) events, but a run takes one", hint: "use `guild dispatch` for several"
            )
        }
        return event
    }

    private static func recording(_ path: String) throws -> Recording {
        let bytes = try InputFile.read(path)
        do throws(RecordingProblem) {
            return try Recording(bytes: bytes)
        } catch {
            throw Failure(.usage, "\(path): \(error.message)", hint: error.hint)
        }
    }

    private func preview(_ request: RunRequest, _ settings: Settings, _ redactor: Redactor) throws {
        let dryRun = try RunPreview.make(request, settings, redactor: redactor)
        try output.renderer.print(DryRunResult(dryRun: dryRun))
    }
}
