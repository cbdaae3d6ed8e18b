import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

/// Everything at a glance.
struct StatusResult: CommandResult {
    /// The commit of the settings.
    enum CodexState: Sendable {
        case loaded(LoadResult)
        case unreadable(revision: String, CodexRepositoryError)

        var loaded: LoadResult? { if case .loaded(let result) = self { result } else { nil } }
        var problem: CodexRepositoryError? { if case .unreadable(_, let problem) = self { problem } else { nil } }

        var revision: String {
            switch self {
            case .loaded(let result): result.revision
            case .unreadable(let revision, _): revision
            }
        }
    }

    let codex: CodexState
    /// Nil if there is none yet.
    let ledger: LedgerStatus?
    let ledgerPath: String
    /// Commits that were offered, the newest first.
    let heads: [CodexHead]
    /// Commits that processes have been reading for long.
    let loading: [LoadingCommit]
    let now: Timestamp
    let agents: [AgentListing]
    /// Actions that wait for approval.
    let waiting: Int
    /// The parts that cannot be read, for people: the waiting actions among them.
    let damage: [String]
    /// Events that wait until our identity is known.
    let held: [HeldStanding]
    /// The waiting actions at caps, and the releases.
    let caps: CapStatus
    let dispatch: DispatchStatus?
    /// Pauses of schedules in force.
    let schedulePauses: [SchedulePause]
    /// Of the codex, those that nobody has trusted.
    let secrets: [SecretDesk.Entry]
    /// Webhook endpoints that lack a secret in a file.
    let lacking: [EndpointSecrets]
    /// Of budgets, the highest first.
    let alerts: [AlertInForce]

    /// Lines of them that are shown.
    private static let shownSecrets = 10

    var accepted: CodexHead? { heads.first(where: \.isAccepted) }
    /// Only while nothing better came since.
    var refused: CodexHead? { heads.first.flatMap { $0.isAccepted ? nil : $0 } }

    /// The agents: the one list of a status that has rows.
    var rows: [AgentListing] { agents }
    var columns: [Column<AgentListing>] { AgentListResult.columns }

    // MARK: Text

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = codexLines(style)
        guard let ledger else {
            lines.append("ledger     none yet (\(ledgerPath)); a run or `guild serve` creates it")
            return (lines + agentLines(style)).joined(separator: "\n")
        }
        let size = Amount.bytes(ledger.bytes.addingSaturated(ledger.walBytes))
        lines.append(
            "ledger     \(ledger.path)  \(size), "
                + Amount.counted(ledger.events, "event") + ", "
                + Amount.counted(ledger.auditEntries, "audit entry", "audit entries"))
        lines += processLines(ledger, style) + queueLines(ledger, style) + agentLines(style)
        return lines.joined(separator: "\n")
    }

    private func codexLines(_ style: Style) -> [String] {
        var lines = [headLine(style)]
        if let accepted, accepted.commit != codex.loaded?.snapshot?.commit {
            lines.append("           last served: \(accepted.commit.prefix(17)), since \(LocalTime.text(accepted.at))")
        }
        if let refused {
            let first = refused.problems.first.map { ": \(TextTable.printable($0))" } ?? ""
            lines.append(
                style.yellow("           refused \(refused.commit.prefix(17)) at \(LocalTime.text(refused.at))\(first)")
            )
        }
        lines += loading.map { reading in
            let seconds = max(0, (now - reading.since).components.seconds)
            return style.yellow("           loading \(TextTable.printable(reading.commit).prefix(17)) for \(seconds) s")
        }
        return lines
    }

    private func headLine(_ style: Style) -> String {
        switch codex {
        case .unreadable(let revision, let problem):
            return "codex      \(TextTable.printable(revision))  " + style.red("cannot be read")
                + ": " + TextTable.printable(problem.oneLine)
        case .loaded(let result):
            guard let snapshot = result.snapshot else {
                let errors = Amount.counted(result.problems.count { $0.severity == .error }, "error")
                return "codex      \(TextTable.printable(result.revision))  " + style.red("invalid")
                    + ", \(errors): guild registry validate"
            }
            let warnings = result.warnings.isEmpty ? "" : ", " + Amount.counted(result.warnings.count, "warning")
            return "codex      \(snapshot.commit.prefix(17)) (\(TextTable.printable(result.revision)))  "
                + style.green("valid") + warnings
        }
    }

    private func processLines(_ ledger: LedgerStatus, _ style: Style) -> [String] {
        guard !ledger.processes.isEmpty else { return ["processes  none: guild serve starts them"] }
        return ledger.processes.enumerated().map { index, process in
            let state = process.isAlive ? style.green("alive") : style.red("dead")
            return (index == 0 ? "processes  " : "           ") + state
                + TextTable.printable(
                    "  \(process.pid) on \(process.host), since \(LocalTime.text(process.startedAt)): \(process.components)"
                )
        }
    }

    private func queueLines(_ ledger: LedgerStatus, _ style: Style) -> [String] {
        func states(_ counts: [String: Int]) -> String {
            let parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            return parts.isEmpty ? "none" : parts.joined(separator: ", ")
        }
        var lines = [
            "inbound    \(Amount.counted(ledger.inboundDepth, "event waits", "events wait")) for the dispatcher",
            "runs       \(states(ledger.invocationsByState))", "actions    \(states(ledger.actionsByState))",
        ]
        lines += held.map { style.yellow(TextTable.printable($0.line)) } + dispatchLines(style)
        if !schedulePauses.isEmpty {
            let names = schedulePauses.map(\.target).joined(separator: ", ")
            lines.append(style.yellow("schedules  paused: \(TextTable.printable(names)) (guild schedule list)"))
        }
        lines += secrets.prefix(Self.shownSecrets).map { entry in
            style.red("secret     not trusted, so not used: ") + TextTable.printable(entry.pair.description)
                + " (guild registry trust \(entry.pair.id))"
        }
        lines += lacking.prefix(Self.shownSecrets).map { one in
            style.red("secret     missing or unusable for webhooks of \(TextTable.printable(one.endpoint)): ")
                + TextTable.printable(one.missing.joined(separator: "; "))
        }
        if waiting > 0 { lines.append(style.yellow("approvals  \(waiting) wait for a person: guild audit approvals")) }
        lines += caps.lines.map { style.yellow(TextTable.printable($0)) }
        lines += alerts.enumerated().map { index, alert in
            let line = "\(alert.account) is \(alert.level.name); notified: \(alert.recipients.joined(separator: ", "))"
            let text = (index == 0 ? "alerts     " : "           ") + TextTable.printable(line)
            return alert.level == .red ? style.red(text) : style.yellow(text)
        }
        return lines
    }

    private func dispatchLines(_ style: Style) -> [String] {
        guard let dispatch else { return [] }
        let busy = dispatch.queues.filter { $0.queued + $0.running + $0.paused > 0 }
        var lines = busy.enumerated().map { index, queue in
            let parts = [
                (queue.queued, "queued"), (queue.delayed, "of them later"), (queue.running, "running"),
                (queue.paused, "paused"),
            ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            return (index == 0 ? "queues     " : "           ")
                + queue.priority.name.padding(to: 10)
                + parts.joined(separator: ", ")
        }
        if dispatch.windowCount + dispatch.pendingCount > 0 {
            let windows = Amount.counted(dispatch.windowCount, "debounce window")
            let senders = dispatch.pendingOfSenders > 0 ? " (\(dispatch.pendingOfSenders) by their senders)" : ""
            lines.append("held back  \(windows), \(dispatch.pendingCount) rate-limited\(senders): guild dispatch queue")
        }
        if dispatch.deadLetters > 0 {
            let letters = Amount.counted(dispatch.deadLetters, "dead letter")
            lines.append(style.yellow("failed     \(letters): guild dispatch dead-letters"))
        }
        return lines
    }

    private func agentLines(_ style: Style) -> [String] {
        guard !agents.isEmpty else { return codex.loaded?.snapshot == nil ? [] : ["agents     none"] }
        let cells = CellFormat.local
        let rows = agents.map { listing in
            [
                listing.agent.name, listing.status.rawValue, String(listing.running), String(listing.queued),
                String(listing.waiting), cells.text(listing.health.lastState), cells.time(listing.health.lastEndedAt),
            ]
        }
        let table = TextTable(
            ["AGENT", "STATUS", "RUNNING", "QUEUED", "WAITING", "LAST", "ENDED"], rows, rightAligned: [2, 3, 4])
        return ["", table.text(style, showsHeadings: true)]
    }
}
