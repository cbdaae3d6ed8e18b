import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct LedgerPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Deletes what the PrivacyPolicy no longer retains, as `guild serve` does.",
        discussion: """
            `data_retention` of the PrivacyPolicy in force decides; without one, messages are kept for 30 days. Runs, \
            their journals and their postings are kept for at least 62 days, because monthly limits count them; then \
            the accounts are closed and only their totals are kept. Without a policy, roll-ups and the audit log are \
            kept forever. Data that a run still needs is kept. Each batch that erases content is an audit entry.
            """)

    @Flag(help: "Count what would be deleted; write nothing.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings, for: dryRun ? .reading : .writing)
        defer { inspection.close() }
        let (ledger, plan) = (
            try inspection.requiredLedger(), try await inspection.acceptedSnapshot().retentionPlan
        )
        let now = settings.time.now
        guard !dryRun else {
            let report = try await ledger.prunable(plan, now: now)
            return try output.renderer.print(PruneResult(plan: plan, report: report, isDone: false))
        }
        guard let report = try await ledger.keepHouse(plan, actor: "user:\(UserName.current)", now: now) else {
            throw Failure(
                .unavailable, "ledger \(inspection.location.path): another process is pruning it",
                hint: "`guild serve` prunes by itself; or try again later")
        }
        try output.renderer.print(PruneResult(plan: plan, report: report, isDone: true))
    }
}

struct PruneResult: CommandResult {
    let plan: RetentionPlan
    let report: RetentionReport
    let isDone: Bool

    private var periods: [(name: String, period: Duration?)] {
        [
            ("raw_messages", plan.rawMessages), ("aggregated_metrics", plan.aggregatedMetrics),
            ("audit_logs", plan.auditLogs),
        ]
    }

    var json: JSONValue {
        [
            "done": .bool(isDone), "complete": .bool(report.isComplete), "policy": .string(plan.policy),
            "retention": .object(
                JSONObject(
                    periods.map { name, period in
                        (name, period.map { .string(Amount.duration($0)) } ?? .null)
                    })),
            "counts": .object(
                JSONObject(report.counts.map { ($0.name.replacing(" ", with: "_"), .integer($0.count)) })),
        ]
    }

    var table: TextTable {
        TextTable(
            ["WHAT", isDone ? "GONE" : "WOULD GO"], report.counts.map { [$0.name, String($0.count)] },
            rightAligned: [1])
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let kept = periods.map { "\($0.name) \($0.period.map(Amount.duration) ?? "forever")" }
        let head = "Kept: \(kept.joined(separator: ", ")) (\(plan.policy))."
        return (isQuiet ? [] : [head, ""]).joined(separator: "\n") + (isQuiet ? "" : "\n")
            + table.text(style, showsHeadings: !isQuiet)
    }
}
