import Foundation
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

/// One account as JSON and as text.
struct AccountResult: CommandResult {
    let report: AccountReport
    let obeyed: ObeyedCodex
    /// The organisation's.
    let zone: TimeZone
    let screen: Screen
    let alerts: GuildManifest.Alerts

    struct Document: Encodable {
        struct Total: Encodable {
            let used: Int64
            let reserved: Int64
            let costMicrodollars: Int64
            let reservedMicrodollars: Int64
        }

        /// The limits of a commit that is not accepted.
        struct Draft: Encodable {
            struct Limit: Encodable {
                let name: String
                let value: Int64?
                let unit: String?
                let from: String?
            }

            let commit: String
            let limits: [Limit]
        }

        struct Limit: Encodable {
            let name: String
            let value: Int64
            let unit: String
            let from: String
            let period: String
            let limit: Int64
            let granted: Int64
            let used: Int64?
            let reserved: Int64?
            let remaining: Int64?
            let freesUp: BudgetRelief
            let alert: String
        }

        struct Entry: Encodable {
            let at: Timestamp
            let kind: String
            let agent: String
            let model: String
            let invocation: InvocationID
            let turn: Int
            let held: Int64
            let spent: Int64
            let costMicrodollars: Int64
            let estimated: Bool
            let overrun: Int64
        }

        let account: String
        let commit: String
        let notAccepted: Draft?
        let total: Total
        let alert: String
        let alertsToldTo: [String]
        let waiting: Int
        let limits: [Limit]
        let periods: [BudgetStanding]
        let grants: [Grant]
        let throttles: [Throttle]
        let entries: [Entry]
    }

    var document: Document {
        let total = report.total
        return Document(
            account: report.account.description, commit: obeyed.snapshot.commit, notAccepted: draft,
            total: Document.Total(
                used: total?.used ?? 0, reserved: total?.reserved ?? 0, costMicrodollars: total?.usedCost ?? 0,
                reservedMicrodollars: total?.reservedCost ?? 0),
            alert: (total?.level ?? .none).name, alertsToldTo: report.recipients, waiting: total?.waiting ?? 0,
            limits: report.rows.map(Document.Limit.init), periods: report.standings, grants: report.grants,
            throttles: report.throttles, entries: report.entries.map(Document.Entry.init))
    }

    /// Nil if no commit that is not accepted sets other limits.
    private var draft: Document.Draft? {
        guard let draft = obeyed.draft, !report.drafts.isEmpty else { return nil }
        let limits = report.drafts.map { name, limit in
            Document.Draft.Limit(
                name: name, value: limit?.amount.value, unit: limit?.amount.unit.rawValue, from: limit?.origin)
        }
        return Document.Draft(commit: draft.commit, limits: limits)
    }

    private var draftLines: [String] {
        guard !report.drafts.isEmpty else { return [] }
        return ["\(obeyed.draftName) sets other limits, \(obeyed.nextStep):"]
            + report.drafts.map { name, limit in
                "  \(name)  " + (limit.map { "\($0.amount.unit.text($0.amount.value))  \($0.origin)" } ?? "none")
            }
    }

    // MARK: Rows

    var rows: [AccountReport.Row] { report.rows }

    var columns: [Column<AccountReport.Row>] {
        [
            .text("limit", \.limit.name), .text("period", \.period.name), .text("unit", \.unit.rawValue),
            .count("value", \.limit.amount.value), .count("granted", \.granted), .count("in_force", \.inForce),
            .count("used", \.used), .count("reserved", \.reserved), .count("remaining", \.remaining),
            .text("frees_up") { $0.relief.json.string ?? "" }, .text("alert", \.level.name),
            .text("from", \.limit.origin),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return limits.text(style, showsHeadings: false) }
        var parts = [headlines(style)]
        parts.append(report.rows.isEmpty ? "no limit of its own" : limits.text(style, showsHeadings: true))
        if !draftLines.isEmpty {
            parts.append(style.yellow(draftLines.map(TextTable.printable).joined(separator: "\n")))
        }
        if !report.standings.isEmpty {
            parts.append(
                StandingTable(standings: report.standings, zone: zone, screen: screen, alerts: alerts).text(style))
        }
        let changes = report.throttles.map(line) + report.grants.map(line)
        if !changes.isEmpty { parts.append(changes.joined(separator: "\n")) }
        if !report.entries.isEmpty { parts.append(entries.text(style, showsHeadings: true)) }
        return parts.joined(separator: "\n\n")
    }

    private func headlines(_ style: Style) -> String {
        let used = report.total?.used ?? 0
        let cost = report.total?.usedCost ?? 0
        var first = style.bold(TextTable.printable(report.account.description))
        switch report.total?.level ?? .none {
        case .none: break
        case .yellow, .orange: first += "  " + style.yellow("\(report.total?.level.name ?? "") alert")
        case .red: first += "  " + style.red("red alert: only CRITICAL and HIGH run")
        }
        var lines = [first]
        lines.append("used since the beginning  \(Amount.grouped(used)) tokens, \(Money.dollars(cost))")
        lines.append("reserved now              \(Amount.grouped(report.total?.reserved ?? 0)) tokens")
        if !report.recipients.isEmpty {
            lines.append(
                "alerts go to              \(TextTable.printable(report.recipients.joined(separator: ", ")))")
        }
        if let waiting = report.total?.waiting, waiting > 0 {
            let next = "guild budget grant \(report.account) TOKENS --reason WHY"
            let who = Amount.counted(waiting, "invocation waits", "invocations wait")
            lines.append(style.yellow("\(who) for room: \(TextTable.printable(next))"))
        }
        return lines.joined(separator: "\n")
    }

    private var limits: TextTable {
        let rows = report.rows.map { row in
            func shown(_ amount: Int64?) -> String { amount.map { row.unit.text($0) } ?? "-" }
            return [
                row.limit.name, shown(row.used), shown(row.reserved), shown(row.inForce), shown(row.remaining),
                row.relief.text(zone: zone), row.limit.origin,
            ]
        }
        return TextTable(
            ["LIMIT", "USED", "RESERVED", "IN FORCE", "REMAINING", "FREES UP", "FROM"], rows,
            rightAligned: [1, 2, 3, 4])
    }

    private func line(_ grant: Grant) -> String {
        let end = grant.until.map { ", until \(LocalTime.text($0, zone: zone))" } ?? ""
        return TextTable.printable(
            "granted \(grant.amountText) \(grant.period.running)\(end) by \(grant.actor): \(grant.reason)")
    }

    private func line(_ throttle: Throttle) -> String {
        let end = throttle.until.map { "until \(LocalTime.text($0, zone: zone))" } ?? "until it is lifted"
        return TextTable.printable("throttled to \(throttle.text), \(end), by \(throttle.actor): \(throttle.reason)")
    }

    private var entries: TextTable {
        let cells = CellFormat.people(zone)
        return TextTable(
            ["LATEST", "ENTRY", "AGENT", "MODEL", "HELD", "SPENT", "COST", ""],
            report.entries.map { entry in
                let marks = [
                    entry.isEstimated ? "estimated" : nil,
                    entry.overrun > 0 ? "\(Amount.grouped(entry.overrun)) over" : nil,
                ]
                return [
                    cells.time(entry.at), entry.kind, entry.agent, entry.model, cells.count(entry.held),
                    cells.count(entry.spent), cells.money(entry.costMicrodollars),
                    marks.compactMap(\.self).joined(separator: ", "),
                ]
            }, rightAligned: [4, 5, 6])
    }
}

extension AccountResult.Document.Limit {
    fileprivate init(_ row: AccountReport.Row) {
        self.init(
            name: row.limit.name, value: row.limit.amount.value, unit: row.unit.rawValue, from: row.limit.origin,
            period: row.period.name, limit: row.inForce, granted: row.granted, used: row.used, reserved: row.reserved,
            remaining: row.remaining, freesUp: row.relief, alert: row.level.name)
    }
}

extension AccountResult.Document.Entry {
    fileprivate init(_ entry: BookEntry) {
        self.init(
            at: entry.at, kind: entry.kind, agent: entry.agent, model: entry.model, invocation: entry.invocation,
            turn: entry.turn, held: entry.held, spent: entry.spent, costMicrodollars: entry.costMicrodollars,
            estimated: entry.isEstimated, overrun: entry.overrun)
    }
}
