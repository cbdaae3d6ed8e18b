import ArgumentParser
import Foundation
import GuildCitadel
import GuildControl
import GuildDomain

struct DispatchBacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Decides recorded events by another revision: what would have run, and what it would have cost.",
        discussion: """
            Nothing runs and nothing is written. Costs are what a run of each agent has used in the mean so far. Name the \
            revision with --rev, or try uncommitted files with --worktree.
            """)

    @Option(help: ArgumentHelp("Where the events begin: 7d, 2026-11-01 or RFC 3339.", valueName: "time"))
    var since = "7d"

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let begin = try PointInTime.required(since, option: "--since", now: settings.time.now, zone: .current)
        let snapshot = try inspection.codex().snapshot()
        let test = try await Backtest.run(snapshot, since: begin, in: try inspection.existingLedger())
        try output.renderer.print(BacktestResult(test: test, since: begin))
    }
}

struct BacktestResult: TabularResult {
    let test: Backtest
    let since: Timestamp

    var emptyText: String { "\(test.events) events since \(LocalTime.text(since)), and nothing that runs for them" }

    var json: JSONValue {
        [
            "commit": .string(test.commit), "since": .string(since.rfc3339), "events": .integer(test.events),
            "erased": .integer(test.erased), "changed": .integer(test.changed),
            "agents": .array(test.lines.map(json)),
            "changes": .array(
                test.changes.map { change in
                    [
                        "event": .string(change.event.description), "type": .string(change.type),
                        "subject": .optional(change.subject), "added": .array(change.added.map { .string($0) }),
                        "removed": .array(change.removed.map { .string($0) }),
                    ]
                }),
        ]
    }

    private func json(_ line: Backtest.Line) -> JSONValue {
        [
            "agent": .string(line.agent), "recorded_runs": .integer(line.recorded), "runs": .integer(line.expected),
            "merged": .integer(line.merged), "rate_limited": .integer(line.limited),
            "mean_tokens": .optional(line.meanTokens), "recorded_tokens": .optional(line.recordedTokens),
            "tokens": .optional(line.expectedTokens), "cost_microdollars": .optional(line.expectedCost),
        ]
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["AGENT", "RAN", "WOULD RUN", "MERGED", "LIMITED", "TOKENS A RUN", "TOKENS", "COST"],
            test.lines.map { line in
                [
                    line.agent, String(line.recorded), String(line.expected), String(line.merged),
                    String(line.limited), cells.count(line.meanTokens), cells.count(line.expectedTokens),
                    cells.money(line.expectedCost),
                ]
            }, rightAligned: [1, 2, 3, 4, 5, 6, 7])
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let table = table(.local)
        var lines = [table.rows.isEmpty ? emptyText : table.text(style, showsHeadings: !isQuiet)]
        if isQuiet { return lines.joined(separator: "\n") }
        lines.append(
            "\(test.events) events since \(LocalTime.text(since)) by codex \(test.commit.prefix(17)); "
                + "\(test.changed) decided otherwise" + (test.erased > 0 ? "; \(test.erased) erased, not tried" : ""))
        lines += test.changes.map { change in
            let what = change.added.map { "+\($0)" } + change.removed.map { "-\($0)" }
            let subject = change.subject.map { " \($0)" } ?? ""
            return TextTable.printable(
                "  \(change.event)  \(change.type)\(subject)  \(what.joined(separator: " "))")
        }
        let left = test.changed - test.changes.count
        if left > 0 { lines.append("  and \(left) more") }
        return lines.joined(separator: "\n")
    }
}
