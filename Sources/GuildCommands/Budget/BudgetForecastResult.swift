import Foundation
import GuildCitadel
import GuildDomain

/// `MANA_FORECAST_V1` (docs/budget-report.md), and the same as tables.
struct BudgetForecastResult: CommandResult {
    static let `protocol` = "MANA_FORECAST_V1"

    let forecast: BudgetForecast
    /// The organisation's.
    let zone: TimeZone

    var json: JSONValue {
        [
            "protocol": .string(Self.protocol),
            "period": [
                "since": .string(forecast.since.rfc3339), "until": .string(forecast.until.rfc3339),
                "days": .integer(forecast.days),
            ],
            "accounts": .array(forecast.lines.map(json)),
            "caveats": .array(forecast.caveats.map { .string($0) }),
        ]
    }

    private func json(_ line: BudgetForecast.Line) -> JSONValue {
        [
            "account": .string(line.account), "basis": .string(line.basis.rawValue),
            "days_of_data": .number(tenths(line.daysOfData)), "burn_rate_daily": .integer(line.rate.daily),
            "weekly_change_percent": line.weeklyChange.map { .number(tenths($0 * 100)) } ?? .null,
            "scheduled_runs": .integer(line.expected.scheduledRuns),
            "scheduled_tokens": .integer(line.expected.scheduledTokens), "tokens": .integer(line.expected.total),
            "cost_microdollars": .integer(line.expected.totalMicrodollars),
            "limits": .array(line.limits.map(json)),
        ]
    }

    private func json(_ limit: BudgetForecast.Limit) -> JSONValue {
        let standing = limit.standing
        return [
            "period": .string(standing.period.rawValue), "unit": .string(standing.unit.rawValue),
            "limit": .integer(standing.limit), "remaining": .integer(standing.remaining),
            "ends": .string(standing.endsAt.rfc3339), "exhausted_at": .optional(limit.exhaustedAt),
        ]
    }

    private func tenths(_ value: Double) -> JSONNumber {
        let scaled = Int64(exactly: (value * 10).rounded()) ?? 0
        let sign = scaled < 0 ? "-" : ""
        return JSONNumber("\(sign)\(scaled.magnitude / 10).\(scaled.magnitude % 10)") ?? JSONNumber(0)
    }

    // MARK: Rows

    var table: TextTable {
        let cells = CellFormat.machine
        return TextTable(
            [
                "account", "burn_rate_daily", "weekly_change_percent", "scheduled_runs", "scheduled_tokens", "tokens",
                "cost", "basis", "days_of_data", "exhausted_at",
            ],
            forecast.lines.map { line in
                [
                    line.account, cells.count(line.rate.daily),
                    line.weeklyChange.map { tenths($0 * 100).description } ?? "",
                    String(line.expected.scheduledRuns), cells.count(line.expected.scheduledTokens),
                    cells.count(line.expected.total), cells.money(line.expected.totalMicrodollars),
                    line.basis.rawValue, tenths(line.daysOfData).description,
                    cells.time(line.limits.compactMap(\.exhaustedAt).min()),
                ]
            })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let cells = CellFormat.people(zone)
        let rows = forecast.lines.map { line in
            [
                line.account, cells.count(line.expected.total / Int64(max(1, forecast.days))),
                change(line.weeklyChange),
                cells.count(Int64(line.expected.scheduledRuns)), cells.count(line.expected.scheduledTokens),
                cells.count(line.expected.total), cells.money(line.expected.totalMicrodollars), data(line),
            ]
        }
        let table = TextTable(
            ["ACCOUNT", "PER DAY", "TREND", "DUE RUNS", "OF THEM", "TOKENS", "COST", "FROM"], rows,
            rightAligned: Set(1...6))
        guard !isQuiet else { return table.text(style, showsHeadings: false) }
        guard forecast.hasLedger else {
            return "nothing to forecast: there is no ledger yet; a run creates it"
        }
        var lines = [
            style.dim("the next \(forecast.days) days, until \(LocalTime.text(forecast.until, zone: zone))"),
            table.text(style, showsHeadings: true),
        ]
        let limits = forecast.lines.flatMap { line in line.limits.map { (line.account, $0) } }
        if !limits.isEmpty { lines += ["", self.limits(limits, style)] }
        if !forecast.caveats.isEmpty { lines.append("") }
        lines += forecast.caveats.map { style.dim(TextTable.printable($0)) }
        return lines.joined(separator: "\n")
    }

    private func limits(_ limits: [(account: String, limit: BudgetForecast.Limit)], _ style: Style) -> String {
        let rows = limits.map { account, limit in
            let standing = limit.standing
            let fate = limit.exhaustedAt.map { $0 <= forecast.since ? "now" : LocalTime.text($0, zone: zone) }
            return [
                account, standing.period.rawValue, standing.unit.text(standing.limit),
                standing.unit.text(standing.remaining), fate ?? "not within \(forecast.days) days",
            ]
        }
        return TextTable(["ACCOUNT", "PERIOD", "LIMIT", "REMAINING", "EXHAUSTED"], rows, rightAligned: [2, 3])
            .text(style, showsHeadings: true)
    }

    private func change(_ share: Double?) -> String {
        guard let share else { return "-" }
        let percent = Int(max(-999, min(999, (share * 100).rounded())))
        return "\(percent > 0 ? "+" : "")\(percent) %/week"
    }

    /// How far the figures can be trusted.
    private func data(_ line: BudgetForecast.Line) -> String {
        switch line.basis {
        case .none: "no data yet"
        case .mean: "\(span(line.daysOfData)), no trend"
        case .trend: "\(span(line.daysOfData))"
        }
    }

    private func span(_ days: Double) -> String {
        days < 1 ? "\(max(1, Int((days * 24).rounded()))) h of data" : "\(Int(days.rounded())) days of data"
    }
}
