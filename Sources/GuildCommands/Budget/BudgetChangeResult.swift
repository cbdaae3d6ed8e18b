import Foundation
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

/// A person's change to a running budget: the limits before and after, and the invocations that continue.
struct BudgetChangeResult: CommandResult {
    /// Invocations that are named; the rest is counted.
    private static let nameLimit = 10

    let change: BudgetDesk.Change
    /// `granted`, `throttled` or `lifted`.
    let verb: String
    /// The organisation's.
    let zone: TimeZone

    /// Finds the account, changes it, and shows the result.
    static func make(
        _ account: String, _ settings: Settings, _ renderer: Renderer, verb: String, prefersChapters: Bool = false,
        _ body: (BudgetDesk, AccountName) async throws -> BudgetDesk.Change
    ) async throws {
        let context = try CommandContext(settings, for: .writing)
        defer { context.close() }
        let snapshot = try await context.acceptedSnapshot()
        let name = try await AccountName.find(
            account, in: snapshot, ledger: context.ledger(orElse: .quiet)?.accounts, prefersChapters: prefersChapters)
        let ledger = try context.requiredLedger()
        let desk = BudgetDesk(
            budgets: ledger.budgets, reports: ledger.reports, snapshot: snapshot, actor: settings.user,
            time: settings.time)
        let change = try await body(desk, name)
        try renderer.print(
            BudgetChangeResult(change: change, verb: verb, zone: Zones.named(snapshot.guild.timezone) ?? .gmt))
    }

    struct Document: Encodable {
        let account: String
        let done: String
        let grants: [Grant]
        let throttle: Throttle?
        let before: [PeriodStanding]
        let after: [PeriodStanding]
        let woken: [InvocationID]
        let stillWaiting: Int
    }

    var document: Document {
        let outcome = change.outcome
        return Document(
            account: change.account.description, done: verb, grants: outcome?.grants ?? [], throttle: change.throttle,
            before: shown(change.before), after: shown(change.after), woken: outcome?.woken ?? [],
            stillWaiting: outcome?.stillWaiting ?? change.after?.waiting ?? 0)
    }

    private func shown(_ standing: AccountStanding?) -> [PeriodStanding] {
        (standing?.periods ?? []).filter { isShown($0.period) }
    }

    // MARK: Rows

    /// Periods that are limited, or were.
    private var periods: [BudgetPeriod] { BudgetPeriod.allCases.filter(isShown) }

    private func isShown(_ period: BudgetPeriod) -> Bool {
        [change.before, change.after].contains { $0?.period(period)?.isLimited == true }
    }

    struct Row: Sendable {
        let period: BudgetPeriod
        let unit: BudgetStanding.Unit
        let before: BudgetAmount?
        let after: BudgetAmount?
    }

    var rows: [Row] {
        periods.flatMap { period in
            BudgetStanding.Unit.allCases.compactMap { unit in
                let before = change.before?.period(period)?.amount(unit)
                let after = change.after?.period(period)?.amount(unit)
                guard before?.limit != nil || after?.limit != nil else { return nil }
                return Row(period: period, unit: unit, before: before, after: after)
            }
        }
    }

    var columns: [Column<Row>] {
        [
            .text("account") { [account = change.account.description] _ in account },
            .text("period", \.period.name), .text("unit", \.unit.rawValue), .count("used", \.after?.used),
            .count("reserved", \.after?.reserved), .count("limit_before") { $0.before?.limit },
            .count("limit_after") { $0.after?.limit }, .count("remaining_before") { $0.before?.remaining },
            .count("remaining_after") { $0.after?.remaining },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = headlines(style)
        guard !isQuiet else { return lines.joined(separator: "\n") }
        if !rows.isEmpty {
            func shown(_ amount: Int64?, _ row: Row) -> String { amount.map { row.unit.text($0) } ?? "no limit" }
            let table = TextTable(
                ["PERIOD", "USED", "RESERVED", "LIMIT", "", "NOW", "REMAINING", "", "NOW"],
                rows.map { row in
                    [
                        row.period.name, shown(row.after?.used, row), shown(row.after?.reserved, row),
                        shown(row.before?.limit, row), "→", shown(row.after?.limit, row),
                        shown(row.before?.remaining, row), "→", shown(row.after?.remaining, row),
                    ]
                }, rightAligned: [1, 2, 3, 5, 6, 8])
            lines += ["", table.text(style, showsHeadings: true)]
        }
        return (lines + waiting(style)).joined(separator: "\n")
    }

    private func headlines(_ style: Style) -> [String] {
        let account = TextTable.printable(change.account.description)
        if let throttle = change.throttle {
            let end = throttle.until.map { "until \(LocalTime.text($0, zone: zone))" } ?? "until it is lifted"
            return ["\(style.yellow("throttled")) \(account) to \(throttle.text), \(end)"]
        }
        let grants = change.outcome?.grants ?? []
        guard !grants.isEmpty else { return ["\(style.green(verb)) the throttles of \(account)"] }
        return grants.map { grant in
            let end = grant.until.map { ", until \(LocalTime.text($0, zone: zone))" } ?? ""
            return "\(style.green("granted")) \(grant.amountText) to \(account), \(grant.period.running)\(end)"
        }
    }

    private func waiting(_ style: Style) -> [String] {
        guard let outcome = change.outcome else {
            let count = change.after?.waiting ?? 0
            return count > 0 ? ["", "\(Amount.counted(count, "invocation waits", "invocations wait")) for room"] : []
        }
        var lines: [String] = []
        if !outcome.woken.isEmpty {
            let names = outcome.woken.prefix(Self.nameLimit).map(\.description).joined(separator: ", ")
            let more = outcome.woken.count > Self.nameLimit ? ", …" : ""
            let next =
                switch change.continuation {
                case .served(let pid, let host): "guild serve (process \(pid) on \(host)) continues"
                case .unattended: "next: guild serve --once"
                }
            let woken = Amount.counted(
                outcome.woken.count, "waiting invocation continues", "waiting invocations continue")
            lines += ["", "\(woken): \(names)\(more)", next]
        }
        if outcome.stillWaiting > 0 {
            lines.append(
                style.yellow(
                    outcome.stillWaiting == 1
                        ? "1 still waits, because it needs more"
                        : "\(outcome.stillWaiting) still wait, because they need more"))
        }
        return lines
    }
}
