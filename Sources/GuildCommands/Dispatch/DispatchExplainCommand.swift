import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct DispatchExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Shows each rule tried on an event, the first field that failed, and the decisions.",
        discussion: "The rules are those of --rev; a recorded decision names its commit if that differs.")

    @Argument(help: ArgumentHelp("The event's id.", valueName: "event-id"))
    var id: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.requiredLedger()
        let id = try await WrittenID.resolve(id, in: ledger.reports)
        guard let known = try await ledger.reports.eventID(for: id), let shown = try await ledger.events.shown(known)
        else {
            throw WrittenID.unknown(id)
        }
        let snapshot = try await context.snapshot()
        let trace = try await ledger.reports.trace(of: known)
        // Limits that cannot be read are left out of the reasons.
        let obeyed = try? await context.acceptedSnapshot()
        let runs = trace?.invocations.map(\.invocation) ?? []
        let event = shown.event
        var result = ExplanationResult(
            event: event, commit: snapshot.commit, erasedAt: shown.erasedAt,
            damage: shown.damage + (trace?.allDamage ?? []).filter { !shown.damage.contains($0) },
            decisions: trace?.decisions ?? [],
            runs: runs, waits: try await RunWaits(runs, in: ledger.actions, ledger.budgets),
            reasons: try await reasons(obeyed, ledger.budgets, ledger.dispatch, now: context.now))
        if let erasedAt = shown.erasedAt {
            result.problem = "its content was erased at \(LocalTime.text(erasedAt))"
        } else if let damage = shown.damage.first, try await !isWhole(known, in: ledger.events) {
            result.problem = damage
        } else {
            do {
                result.trials = try Router(snapshot).trials(event)
            } catch {
                result.problem = "the payload is \(error.message)"
            }
        }
        try output.renderer.print(result)
    }

    /// Whether the dispatcher can decide it: it does so in spite of damaged containers.
    private func isWhole(_ event: EventID, in events: EventLedger) async throws -> Bool {
        do {
            return try await events.find(event) != nil
        } catch is RowFault {
            return false
        }
    }

    private func reasons(
        _ snapshot: CodexSnapshot?, _ budgets: BudgetLedger, _ dispatch: DispatchLedger, now: Timestamp
    ) async throws -> QueueReasons {
        QueueReasons(
            snapshot, alerts: try await budgets.alertLevels(now: now),
            running: try await dispatch.status(limit: 0, now: now).running, now: now)
    }
}

struct ExplanationResult: CommandResult {
    let event: Event
    var trials: [RuleTrial] = []
    /// Why no rule could be tried.
    var problem: String?
    /// The codex that the rules were tried in now.
    let commit: String
    /// When the event's content was erased; nil if it was not.
    let erasedAt: Timestamp?
    /// The parts that cannot be read, and why.
    let damage: [String]
    let decisions: [EventTrace.DecisionRow]
    /// The runs of the decisions.
    let runs: [Invocation]
    let waits: RunWaits
    let reasons: QueueReasons

    struct Document: Encodable {
        struct Trial: Encodable {
            let rule: String
            let agent: String
            let match: Bool
            let mismatch: String?
        }

        struct Run: Encodable {
            let id: InvocationID
            let agent: String
            let state: String
            let waitReason: String?
            let waitsFor: String?
        }

        let event: JSONValue
        let commit: String
        let trials: [Trial]
        let problem: String?
        let decisions: [JSONValue]
        let invocations: [Run]
        let erased: Timestamp?
        let damage: [String]
    }

    var document: Document {
        Document(
            event: event.summaryJSON, commit: commit,
            trials: trials.map {
                Document.Trial(
                    rule: $0.rule, agent: $0.agent, match: $0.mismatch == nil, mismatch: $0.mismatch)
            }, problem: problem, decisions: decisions.map { $0.json(isErased: erasedAt != nil) },
            invocations: runs.map { run in
                Document.Run(
                    id: run.id, agent: run.agent, state: run.state.rawValue, waitReason: run.waitReason?.rawValue,
                    waitsFor: wait(of: run))
            }, erased: erasedAt, damage: damage)
    }

    private func wait(of run: Invocation) -> String? { reasons.reason(of: run) ?? waits.reason(of: run) }

    var rows: [RuleTrial] { trials }

    var columns: [Column<RuleTrial>] {
        [
            .text("RULE", \.rule), .text("AGENT", \.agent), .text("MATCH") { $0.mismatch == nil ? "yes" : "no" },
            .text("WHY NOT") { $0.mismatch ?? "" },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let subject = event.subject.map { " \($0)" } ?? ""
        var lines = [style.bold("event \(event.id)") + TextTable.printable("  \(event.type)\(subject)")]
        lines.append(style.bold("rules of \(commit.prefix(17))"))
        if let problem {
            lines.append(TextTable.printable("  no rule was tried: \(problem)"))
        } else {
            lines.append(
                trials.isEmpty
                    ? "  there are no triggers and no rules" : table(.machine).text(style, showsHeadings: !isQuiet))
        }
        lines.append(style.bold("recorded decisions"))
        if decisions.isEmpty { lines.append("  none yet: the event waits for the dispatcher") }
        lines += decisions.flatMap { decision in
            let elsewhere = decision.commit == commit ? "" : " (codex \(decision.commit.prefix(12)))"
            var node = decision.node(isErased: erasedAt != nil)
            node.label += "  \(LocalTime.text(decision.at))\(elsewhere)"
            return node.lines().map { "  " + $0 }
        }
        if !runs.isEmpty { lines.append(style.bold("resulting runs")) }
        lines += runs.map { run in
            let wait = wait(of: run).map { ", waits for \($0)" }
            return TextTable.printable("  \(run.id)  \(run.agent)  \(run.state.rawValue)\(wait ?? "")")
        }
        // The problem says the first one already if no rule could be tried.
        lines += damage.filter { $0 != problem }.map { TextTable.printable("damaged: \($0)") }
        return lines.joined(separator: "\n")
    }
}
