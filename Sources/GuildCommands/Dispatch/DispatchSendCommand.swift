import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildRuntime

struct DispatchSendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Sends events and shows the decisions.",
        discussion: """
            A file contains one CloudEvent in JSON, an array of them, or one on each line. Instead of a file, --type \
            and --data create an event. With --wait the exit status is 0 if all succeeded, 1 if one failed or was \
            cancelled, and 5 if one waits for approval. An event that was sent before starts nothing again: its \
            decisions of then are shown, and --wait follows the runs that it started.
            """)

    @Argument(help: ArgumentHelp("Files with events; - is standard input.", valueName: "event"), completion: .file())
    var files: [String] = []

    @Option(help: ArgumentHelp("Create an event of this type: issues.opened.", valueName: "type"))
    var type: String?

    @Option(help: ArgumentHelp("Its source. Default: /cli/USER.", valueName: "uri"))
    var source: String?

    @Option(help: ArgumentHelp("Its data: JSON, @FILE, or - for standard input.", valueName: "json"))
    var data: String?

    @Option(help: ArgumentHelp("The subject: acme/shop#42.", valueName: "subject"))
    var subject: String?

    @Option(
        help: ArgumentHelp(
            "The system, which a trigger's `source:` matches. Default: the first word of --source.", valueName: "system"
        ))
    var system: String?

    @Option(help: ArgumentHelp("Its normalised type: ISSUE_OPENED.", valueName: "name"))
    var guildevent: String?

    @Flag(help: "Decide only; write nothing.")
    var dryRun = false

    @Flag(help: "Run the resulting invocations and follow them to the end.")
    var wait = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let fields = [source, data, subject, system, guildevent]
        if type == nil, fields.contains(where: { $0 != nil }) {
            throw ValidationError("a new event needs --type")
        }
        if type != nil, !files.isEmpty { throw ValidationError("give files or --type, not both") }
        if type == nil, files.isEmpty { throw ValidationError("there is no event: give a file, - or --type") }
        if dryRun, wait { throw ValidationError("--dry-run starts nothing, so --wait has nothing to follow") }
    }

    func run() async throws {
        let redactor = Redactor()
        let settings = options.settings(redactor: redactor)
        let events = try events(now: settings.time.now)
        if dryRun {
            let snapshot = try await snapshot(settings)
            let preview = try EventDispatch.preview(events, in: snapshot, now: settings.time.now)
            return try output.renderer.print(DispatchResult(events: preview))
        }
        let deployment = try await Deployment(settings, redactor: redactor, role: .writing)
        defer { deployment.close() }
        let dispatch = EventDispatch(in: deployment, actor: settings.user)
        let sent = try await dispatch.send(events)
        guard wait else { return try output.renderer.print(DispatchResult(events: sent)) }
        let progress = Progress(isQuiet: output.quiet)
        let stop = StopWish()
        let invocations = try await Interrupts.handling {
            for dispatched in sent { progress.show(dispatched) }
            return try await dispatch.finish(sent, stop: stop) { progress.show($0) }
        } onSignal: {
            try await dispatch.cancel(sent, stop, signal: $0)
        }
        let ended = try await dispatch.withRunStates(sent)
        let result = DispatchResult(events: ended, invocations: invocations, signal: stop.signal)
        try output.renderer.print(result)
        if result.exitStatus != 0 { throw CommandStatus(code: result.exitStatus) }
    }

    /// The codex by which a dispatch without --dry-run would decide.
    private func snapshot(_ settings: Settings) async throws -> CodexSnapshot {
        let access = try CodexAccess(settings)
        do {
            return try access.snapshot()
        } catch {
            guard access.isAtHead else { throw error }
            // Only the ledger knows the accepted commit, and without a problem none is needed.
            let context = try CommandContext(settings)
            defer { context.close() }
            return try await context.snapshot()
        }
    }

    private func events(now: Timestamp) throws -> [Event] {
        guard let type else {
            return try files.flatMap { try EventDocuments.parse(try InputFile.read($0), name: $0, now: now) }
        }
        let id = EventID(now: now)
        var fields: JSONObject = [
            "specversion": "1.0", "id": .string(id.description),
            "source": .string(source ?? "/cli/\(UserName.current)"), "type": .string(type),
        ]
        fields["subject"] = subject.map { .string($0) }
        fields["system"] = system.map { .string($0) }
        fields["guildevent"] = guildevent.map { .string($0) }
        fields["data"] = try payload()
        var event = try Event(cloudEvent: .object(fields), now: now)
        // The event is created here, so it has our own id.
        event.id = id
        event.root = id
        return [event]
    }

    private func payload() throws -> JSONValue? {
        guard let data else { return nil }
        let isFile = data == "-" || data.hasPrefix("@")
        let bytes = isFile ? try InputFile.read(data == "-" ? "-" : String(data.dropFirst())) : Array(data.utf8)
        do throws(JSONParser.Problem) {
            return try JSONParser.parse(bytes)
        } catch {
            throw Failure(
                .usage, "--data: \(error.message)", hint: "write JSON, @FILE for a file, or - for standard input")
        }
    }
}

/// Reports the runs on standard error, one line each.
private struct Progress: Sendable {
    let isQuiet: Bool

    /// Each decision, and until when its run has to wait.
    func show(_ dispatched: DispatchedEvent) {
        if dispatched.reception == .duplicate {
            write("\(dispatched.event.id) is known already: nothing is started again")
        }
        for decision in dispatched.decisions {
            let agent = decision.agent.isEmpty ? "" : " \(decision.agent)"
            write("\(dispatched.event.id) \(decision.outcome)\(agent)")
            guard decision.isPending, let until = decision.until else { continue }
            let reason = decision.reasons.last?.components(separatedBy: "; ").first ?? ""
            write("waits until \(LocalTime.text(until)): \(reason); Ctrl-C leaves it to guild serve")
        }
    }

    func show(_ event: RunEvent) {
        if let line = line(of: event) { write(line) }
    }

    private func write(_ line: String) {
        guard !isQuiet else { return }
        // Without standard error there is nobody to tell.
        Terminal.write(ScreenText.line(line) + "\n", to: .error)
    }

    private func line(of event: RunEvent) -> String? {
        switch event {
        case .began(let invocation, let model, _): "\(invocation.agent) began on \(model): \(invocation.id)"
        case .asked(let call): "asks for \(call.name)"
        case .waiting(let id, let reason): "\(id) waits: \(reason.rawValue)"
        case .retrying(let id, let reason, let at): "\(id): \(reason); trying again at \(LocalTime.text(at))"
        case .ended(let id, let state, _, let failure):
            "\(id) \(state.rawValue)" + (failure.map { ": \($0.message)" } ?? "")
        case .outOfBudget(let id, let refusal, _): "\(id) has no budget left: \(refusal.message)"
        case .warned(let id, let warning): "\(id): warning: \(warning)"
        case .notRecorded(let failure): failure.message
        case .delta, .result, .answered: nil
        }
    }
}
