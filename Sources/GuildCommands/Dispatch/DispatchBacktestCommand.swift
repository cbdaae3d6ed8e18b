import ArgumentParser
import Foundation
import GuildCitadel
import GuildControl
import GuildDomain
import GuildLedger

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
        let context = try options.context()
        defer { context.close() }
        let begin = try PointInTime.required(since, option: "--since", now: context.now, zone: .current)
        guard begin <= context.now else {
            throw Failure(.usage, "--since '\(since)' is in the future", hint: "name a time in the past: --since 7d")
        }
        let snapshot = try context.codex().snapshot()
        let test = try await Backtest.run(snapshot, since: begin, in: try context.requiredLedger().reports)
        try output.renderer.print(BacktestResult(test: test, since: begin))
    }
}

struct BacktestResult: CommandResult {
    let test: Backtest
    let since: Timestamp

    var emptyText: String {
        test.events == 0
            ? "no event was recorded since \(LocalTime.text(since))" : "nothing ran for them, and nothing would run"
    }

    struct Document: Encodable {
        struct Agent: Encodable {
            let agent: String
            let recordedRuns: Int
            let runs: Int
            let merged: Int
            let rateLimited: Int
            let meanTokens: Int64?
            let recordedTokens: Int64?
            let tokens: Int64?
            let recordedCostMicrodollars: Int64?
            let costMicrodollars: Int64?
        }

        struct Change: Encodable {
            let event: EventID
            let type: String
            let subject: String?
            let added: [String]
            let removed: [String]
        }

        let commit: String
        let since: Timestamp
        let events: Int
        let erased: Int
        let damaged: Int
        let changed: Int
        let agents: [Agent]
        let changes: [Change]
    }

    var document: Document {
        Document(
            commit: test.commit, since: since, events: test.events, erased: test.erased, damaged: test.damaged,
            changed: test.changed,
            agents: test.lines.map { line in
                Document.Agent(
                    agent: line.agent, recordedRuns: line.recorded, runs: line.expected, merged: line.merged,
                    rateLimited: line.limited, meanTokens: line.meanTokens, recordedTokens: line.recordedTokens,
                    tokens: line.expectedTokens, recordedCostMicrodollars: line.recordedCost,
                    costMicrodollars: line.expectedCost)
            },
            changes: test.changes.map {
                Document.Change(
                    event: $0.event, type: $0.type, subject: $0.subject, added: $0.added, removed: $0.removed)
            })
    }

    var rows: [Backtest.Line] { test.lines }

    var columns: [Column<Backtest.Line>] {
        [
            .text("AGENT", \.agent), .number("RAN", \.recorded), .number("WOULD RUN", \.expected),
            .number("MERGED", \.merged), .number("LIMITED", \.limited), .count("TOKENS A RUN", \.meanTokens),
            .count("TOKENS", \.expectedTokens), .money("COST", \.expectedCost),
        ]
    }

    /// Then and now, as far as there is a run to judge by.
    private var costs: String {
        let known = test.lines.filter { $0.meanTokens != nil }
        func sum(_ part: (Backtest.Line) -> Int64?) -> Int64 { known.reduce(0) { $0.addingSaturated(part($1) ?? 0) } }
        guard !known.isEmpty else {
            return "the cost is unknown: no agent that ran or would run has called a model yet"
        }
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
            "\(Amount.counted(test.events, "event")) since \(LocalTime.text(since)) by codex \(test.commit.prefix(17)); "
                + "\(test.changed) decided differently" + (test.erased > 0 ? "; \(test.erased) erased, not tried" : "")
                + (test.damaged > 0 ? "; \(test.damaged) damaged, not tried (guild ledger check)" : ""))
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
