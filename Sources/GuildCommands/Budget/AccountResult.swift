import Foundation
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

    var json: JSONValue {
        [
            "account": .string(report.account.description), "commit": .string(obeyed.snapshot.commit),
            "not_accepted": drafts,
            "total": [
                "used": .integer(report.total?.used ?? 0), "reserved": .integer(report.total?.reserved ?? 0),
                "cost_microdollars": .integer(report.total?.usedCost ?? 0),
                "reserved_microdollars": .integer(report.total?.reservedCost ?? 0),
            ],
            "alert": .string((report.total?.level ?? .none).name),
            "alerts_told_to": .array(report.recipients.map { .string($0) }),
            "waiting": .integer(report.total?.waiting ?? 0),
            "limits": .array(report.rows.map(json)), "periods": .array(report.standings.map(\.json)),
            "grants": .array(report.grants.map(\.json)), "throttles": .array(report.throttles.map(\.json)),
            "entries": .array(report.entries.map(json)),
        ]
    }

    /// The limits that a commit sets which is not accepted; null where there are none.
    private var drafts: JSONValue {
        guard let draft = obeyed.draft, !report.drafts.isEmpty else { return .null }
        return [
            "commit": .string(draft.commit),
            "limits": .array(
                report.drafts.map { name, limit in
                    [
                        "name": .string(name), "value": .optional(limit?.amount.value),
                        "unit": .optional(limit?.amount.unit.rawValue), "from": .optional(limit?.origin),
                    ]
                }),
        ]
    }

    private var draftLines: [String] {
        guard !report.drafts.isEmpty else { return [] }
        return ["\(obeyed.draftName) sets other limits, \(obeyed.nextStep):"]
            + report.drafts.map { name, limit in
                "  \(name)  " + (limit.map { "\($0.amount.unit.text($0.amount.value))  \($0.origin)" } ?? "none")
            }
    }

    private func json(_ row: AccountReport.Row) -> JSONValue {
        [
            "name": .string(row.limit.name), "value": .integer(row.limit.amount.value),
            "unit": .string(row.unit.rawValue), "from": .string(row.limit.origin), "period": .string(row.period.name),
            "limit": .integer(row.inForce), "granted": .integer(row.granted), "used": .optional(row.used),
            "reserved": .optional(row.reserved), "remaining": .optional(row.remaining),
            "frees_up": row.relief.json, "alert": .string(row.level.name),
        ]
    }

    private func json(_ entry: BookEntry) -> JSONValue {
        [
            "at": .string(entry.at.rfc3339), "kind": .string(entry.kind), "agent": .string(entry.agent),
            "model": .string(entry.model), "invocation": .string(entry.invocation.description),
            "turn": .integer(entry.turn), "held": .integer(entry.held), "spent": .integer(entry.spent),
            "cost_microdollars": .integer(entry.costMicrodollars), "estimated": .bool(entry.isEstimated),
            "overrun": .integer(entry.overrun),
        ]
    }

    // MARK: Rows

    var table: TextTable {
        let cells = CellFormat.machine
        return TextTable(
            [
                "limit", "period", "unit", "value", "granted", "in_force", "used", "reserved", "remaining", "frees_up",
                "alert", "from",
            ],
            report.rows.map { row in
                [
                    row.limit.name, row.period.name, row.unit.rawValue, cells.count(row.limit.amount.value),
                    cells.count(row.granted), cells.count(row.inForce), cells.count(row.used),
                    cells.count(row.reserved), cells.count(row.remaining), row.relief.json.string ?? "",
                    row.level.name, row.limit.origin,
                ]
            })
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
        let (used, cost) = (report.total?.used ?? 0, report.total?.usedCost ?? 0)
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
            lines.append(style.yellow("\(waiting) invocations wait for room: \(TextTable.printable(next))"))
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

extension AccountReport.Limit {
    func value(_ cells: CellFormat) -> String {
        switch amount {
        case .tokens(let count): cells.count(count)
        case .microdollars(let money): cells.money(money)
        }
    }

    var json: JSONValue {
        [
            "name": .string(name), "value": .integer(amount.value), "unit": .string(amount.unit.rawValue),
            "from": .string(origin),
        ]
    }
}
