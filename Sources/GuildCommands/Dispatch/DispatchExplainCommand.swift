import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct DispatchExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Shows each rule tried on an event, the first field that failed, and what was decided.")

    @Argument(help: ArgumentHelp("The event's id.", valueName: "event-id"))
    var id: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let inspection = try Inspection(options.settings())
        defer { inspection.close() }
        let ledger = try inspection.existingLedger()
        guard let known = try await ledger.eventID(for: id), let event = try await ledger.event(known) else {
            throw Causality.unknown(id)
        }
        let snapshot = try inspection.codex().snapshot()
        let trials: [RuleTrial]
        do {
            trials = try Router(snapshot).trials(event)
        } catch {
            throw Failure(.failed, "event \(known): its payload is \(error.message)")
        }
        try output.renderer.print(
            ExplanationResult(
                event: event, trials: trials, commit: snapshot.commit,
                decisions: try await ledger.trace(of: known)?.decisions ?? []))
    }
}

struct ExplanationResult: CommandResult {
    let event: Event
    let trials: [RuleTrial]
    /// The codex that the rules were tried in now.
    let commit: String
    let decisions: [EventTrace.DecisionRow]

    var json: JSONValue {
        [
            "event": event.summaryJSON, "commit": .string(commit),
            "trials": .array(
                trials.map {
                    [
                        "rule": .string($0.rule), "agent": .string($0.agent), "match": .bool($0.mismatch == nil),
                        "mismatch": .optional($0.mismatch),
                    ]
                }), "decisions": .array(decisions.map(\.json)),
        ]
    }

    var table: TextTable {
        TextTable(
            ["RULE", "AGENT", "MATCH", "WHY NOT"],
            trials.map { [$0.rule, $0.agent, $0.mismatch == nil ? "yes" : "no", $0.mismatch ?? ""] })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let subject = event.subject.map { " \($0)" } ?? ""
        var lines = [style.bold("event \(event.id)") + TextTable.printable("  \(event.type)\(subject)")]
        lines.append(style.bold("rules of \(commit.prefix(17))"))
        lines.append(
            trials.isEmpty ? "  there are no triggers and no rules" : table.text(style, showsHeadings: !isQuiet))
        lines.append(style.bold("recorded decisions"))
        if decisions.isEmpty { lines.append("  none yet: the event waits for the dispatcher") }
        lines += decisions.flatMap { decision in
            let elsewhere = decision.commit == commit ? "" : " (codex \(decision.commit.prefix(12)))"
            var node = decision.node
            node.label += "  \(LocalTime.text(decision.at))\(elsewhere)"
            return node.lines().map { "  " + $0 }
        }
        return lines.joined(separator: "\n")
    }
}
