import Foundation
import GuildCitadel
import GuildCodex
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
        let inspection = try Inspection(settings, for: .writing)
        defer { inspection.close() }
        let snapshot = try await inspection.acceptedSnapshot()
        let name = try await AccountName.find(
            account, in: snapshot, ledger: inspection.ledger(orElse: .quiet), prefersChapters: prefersChapters)
        let desk = BudgetDesk(
            ledger: try inspection.requiredLedger(), snapshot: snapshot, actor: "user:\(UserName.current)",
            time: settings.time)
        let change = try await body(desk, name)
        try renderer.print(
            BudgetChangeResult(change: change, verb: verb, zone: Zones.named(snapshot.guild.timezone) ?? .gmt))
    }

    // MARK: JSON

    var json: JSONValue {
        [
            "account": .string(change.account.description), "done": .string(verb),
            "grants": .array((change.outcome?.grants ?? []).map(\.json)),
            "throttle": change.throttle?.json ?? .null, "before": json(change.before), "after": json(change.after),
            "woken": .array((change.outcome?.woken ?? []).map { .string($0.description) }),
            "still_waiting": .integer(change.outcome?.stillWaiting ?? change.after?.waiting ?? 0),
        ]
    }

    private func json(_ standing: AccountStanding?) -> JSONValue {
        .array((standing?.periods ?? []).filter { isShown($0.period) }.map(\.json))
    }

    // MARK: Rows

    /// Periods that are limited, or were.
    private var periods: [BudgetPeriod] { BudgetPeriod.allCases.filter(isShown) }

    private func isShown(_ period: BudgetPeriod) -> Bool {
        [change.before, change.after].contains { $0?.period(period)?.isLimited == true }
    }

    private struct Row {
        let period: BudgetPeriod
        let unit: BudgetStanding.Unit
        let before: BudgetAmount?
        let after: BudgetAmount?
    }

    private var rows: [Row] {
        periods.flatMap { period in
            BudgetStanding.Unit.allCases.compactMap { unit in
                let (before, after) = (
                    change.before?.period(period)?.amount(unit), change.after?.period(period)?.amount(unit)
                )
                guard before?.limit != nil || after?.limit != nil else { return nil }
                return Row(period: period, unit: unit, before: before, after: after)
            }
        }
    }

    var table: TextTable {
        TextTable(
            [
                "account", "period", "unit", "used", "reserved", "limit_before", "limit_after", "remaining_before",
                "remaining_after",
            ],
            rows.map { row in
                let amounts = [
                    row.after?.used, row.after?.reserved, row.before?.limit, row.after?.limit, row.before?.remaining,
                    row.after?.remaining,
                ]
                return [change.account.description, row.period.name, row.unit.rawValue]
                    + amounts.map { CellFormat.machine.count($0) }
            })
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
            return count > 0 ? ["", "\(count) invocations wait for room"] : []
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
            lines += ["", "\(outcome.woken.count) waiting invocations continue: \(names)\(more)", next]
        }
        if outcome.stillWaiting > 0 {
            lines.append(style.yellow("\(outcome.stillWaiting) still wait, because they need more"))
        }
        return lines
    }
}
