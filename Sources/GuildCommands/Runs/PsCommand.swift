import ArgumentParser
import Foundation
import GuildCitadel
import GuildControl
import GuildDomain
import GuildLedger

struct PsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "Lists the runs that are queued, running or waiting, the newest first.",
        discussion: """
            WAITS FOR says what a run needs to continue. `guild cancel` ends a run; `guild audit show` draws everything \
            it did.

            Examples:
              guild ps
              guild ps --agent triage --state waiting
              guild ps --all --since 1d -o json
            """)

    private static let maximumCount = 10_000

    @Flag(name: .shortAndLong, help: "Also runs that have ended.")
    var all = false

    @Option(
        help: ArgumentHelp("Only the runs of this agent.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String?

    @Option(
        help: ArgumentHelp(
            "Only runs in this state; may be repeated.",
            discussion: "`running` is awakening, active or cooling; `ended` is any state after which nothing follows.",
            valueName: "state"))
    var state: [RunStateChoice] = []

    @Option(
        help: ArgumentHelp("Only runs created since this time: 7d, 2026-11-22 or RFC 3339.", valueName: "time"))
    var since: String?

    @Option(
        name: [.customShort("n"), .customLong("limit")],
        help: ArgumentHelp("The maximum number of runs.", valueName: "count"))
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
        let now = context.now
        let filter = RunFilter(
            states: RunStateChoice.states(state, all: all), agent: agent?.lowercased(),
            since: try since.map { try PointInTime.required($0, option: "--since", now: now, zone: .current) })
        let choice = RunListResult.Choice(filter, all: all, hasStates: !state.isEmpty)
        guard let ledger = try context.ledger(orElse: .saidUnlessSeveral) else {
            return try output.renderer.print(RunListResult(rows: [], choice: choice, now: now))
        }
        // One more than is shown tells whether the list is cut.
        let found = try await ledger.reports.runs(filter, limit: count + 1)
        let shown = Array(found.prefix(count))
        // Without a readable codex the runs are still shown, only without the codex's limits.
        let snapshot = try? await context.acceptedSnapshot()
        let reasons = QueueReasons(
            snapshot, alerts: try await ledger.budgets.alertLevels(now: now),
            running: try await ledger.dispatch.status(limit: 1, now: now).running, now: now)
        let waits = try await RunWaits(shown, in: ledger.actions, ledger.budgets)
        let rows = shown.map { run in
            RunListResult.Row(run, waitsFor: reasons.reason(of: run) ?? waits.reason(of: run))
        }
        try output.renderer.print(RunListResult(rows: rows, choice: choice, now: now))
        if found.count > count {
            let word = count == 1 ? "run is" : "\(count) runs are"
            context.settings.remark(
                "only the newest \(word) listed: raise -n, or choose with --agent, --state or --since")
        }
    }
}
