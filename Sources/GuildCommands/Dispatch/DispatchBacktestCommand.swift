import ArgumentParser
import Foundation
import GuildCitadel
import GuildControl
import GuildDomain

struct DispatchBacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Decides recorded events by another revision and shows what would have run, and its cost.",
        discussion: """
            Runs nothing and writes nothing. Costs are the mean of each agent's past runs. Name the revision with \
            --rev, or try uncommitted files with --worktree.
            """)

    @Option(help: ArgumentHelp("The time of the first event: 7d, 2026-11-01 or RFC 3339.", valueName: "time"))
    var since = "7d"

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let begin = try PointInTime.required(since, option: "--since", now: settings.time.now, zone: .current)
        guard begin <= settings.time.now else {
            throw Failure(.usage, "--since '\(since)' is in the future", hint: "name a time in the past: --since 7d")
        }
        let snapshot = try inspection.codex().snapshot()
        let test = try await Backtest.run(snapshot, since: begin, in: try inspection.requiredLedger())
        try output.renderer.print(BacktestResult(test: test, since: begin))
    }
}

struct BacktestResult: TabularResult {
    let test: Backtest
    let since: Timestamp

    var emptyText: String {
        test.events == 0
            ? "no event was recorded since \(LocalTime.text(since))" : "nothing ran for them, and nothing would run"
    }

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
            "tokens": .optional(line.expectedTokens), "recorded_cost_microdollars": .optional(line.recordedCost),
            "cost_microdollars": .optional(line.expectedCost),
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

    /// Then and now, as far as there is a run to judge by.
    private var costs: String {
        let known = test.lines.filter { $0.meanTokens != nil }
        func sum(_ part: (Backtest.Line) -> Int64?) -> Int64 { known.reduce(0) { $0.addingSaturated(part($1) ?? 0) } }
        guard !known.isEmpty else { return "the cost is unknown: none of these has called a model yet" }
        let unknown = test.lines.filter { $0.meanTokens == nil && $0.expected > 0 }.map(\.agent)
        return
            "about \(Amount.grouped(sum(\.expectedTokens))) tokens, \(Money.dollars(sum(\.expectedCost))), instead of "
            + "\(Amount.grouped(sum(\.recordedTokens))) tokens, \(Money.dollars(sum(\.recordedCost)))"
            + (unknown.isEmpty
                ? "" : "; excluding \(unknown.joined(separator: ", ")), which have not called a model yet")
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let table = table(.local)
        var lines = [table.rows.isEmpty ? emptyText : table.text(style, showsHeadings: !isQuiet)]
        if isQuiet || test.events == 0 { return lines.joined(separator: "\n") }
        lines.append(
            "\(test.events) events since \(LocalTime.text(since)) by codex \(test.commit.prefix(17)); "
                + "\(test.changed) decided differently" + (test.erased > 0 ? "; \(test.erased) erased, not tried" : ""))
        lines.append(costs)
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
