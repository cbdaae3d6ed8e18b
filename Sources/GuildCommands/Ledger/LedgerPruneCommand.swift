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
        let context = try options.context(for: dryRun ? .reading : .writing)
        defer { context.close() }
        let ledger = try context.requiredLedger()
        let plan = try await context.acceptedSnapshot().retentionPlan
        let now = context.now
        guard !dryRun else {
            let report = try await ledger.upkeep.prunable(plan, now: now)
            return try output.renderer.print(PruneResult(plan: plan, report: report, isDone: false))
        }
        guard let report = try await ledger.upkeep.keepHouse(plan, actor: context.actor, now: now) else {
            throw Failure(
                .unavailable, "ledger \(context.location.path): another process is pruning it",
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

    struct Document: Encodable {
        let done: Bool
        let complete: Bool
        let policy: String
        /// Each period, null for ever.
        let retention: JSONValue
        let counts: JSONValue
    }

    var document: Document {
        let retention = periods.map { name, period in
            (name, period.map { JSONValue.string(Amount.duration($0)) } ?? .null)
        }
        let counts = report.counts.map { ($0.name.replacing(" ", with: "_"), JSONValue.integer($0.count)) }
        return Document(
            done: isDone, complete: report.isComplete, policy: plan.policy,
            retention: .object(JSONObject(retention)), counts: .object(JSONObject(counts)))
    }

    struct Row: Sendable {
        let what: String
        let count: Int64
    }

    var rows: [Row] { report.counts.map { Row(what: $0.name, count: Int64($0.count)) } }

    var columns: [Column<Row>] { [.text("WHAT", \.what), .number(isDone ? "GONE" : "WOULD GO", \.count)] }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let kept = periods.map { "\($0.name) \($0.period.map(Amount.duration) ?? "forever")" }
        let head = "Kept: \(kept.joined(separator: ", ")) (\(plan.policy))."
        return (isQuiet ? [] : [head, ""]).joined(separator: "\n") + (isQuiet ? "" : "\n")
            + table(.machine).text(style, showsHeadings: !isQuiet)
    }
}
