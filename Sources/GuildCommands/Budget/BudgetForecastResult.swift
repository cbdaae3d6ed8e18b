import Foundation
import GuildBudgets
import GuildCitadel
import GuildDomain

/// `MANA_FORECAST_V1` (docs/budget-report.md), and the same as tables.
struct BudgetForecastResult: CommandResult {
    static let `protocol` = "MANA_FORECAST_V1"

    let forecast: BudgetForecast
    /// The organisation's.
    let zone: TimeZone

    struct Document: Encodable {
        struct Period: Encodable {
            let since: Timestamp
            let until: Timestamp
            let days: Int
        }

        struct Account: Encodable {
            let account: String
            let basis: String
            let daysOfData: Tenths
            let burnRateDaily: Int64
            let weeklyChangePercent: Tenths?
            let scheduledRuns: Int
            let scheduledTokens: Int64
            let tokens: Int64
            let costMicrodollars: Int64
            let limits: [Limit]
        }

        struct Limit: Encodable {
            let period: String
            let unit: String
            let limit: Int64
            let remaining: Int64
            let ends: Timestamp
            let exhaustedAt: Timestamp?
        }

        let `protocol`: String
        let period: Period
        let accounts: [Account]
        let caveats: [String]
    }

    var document: Document {
        Document(
            protocol: Self.protocol,
            period: Document.Period(since: forecast.since, until: forecast.until, days: forecast.days),
            accounts: forecast.lines.map(Document.Account.init), caveats: forecast.caveats)
    }

    // MARK: Rows

    var rows: [BudgetForecast.Line] { forecast.lines }

    var columns: [Column<BudgetForecast.Line>] {
        [
            .text("account", \.account), .count("burn_rate_daily", \.rate.daily),
            .text("weekly_change_percent") { $0.weeklyChange.map { Tenths($0 * 100).text } ?? "" },
            .number("scheduled_runs", \.expected.scheduledRuns),
            .count("scheduled_tokens", \.expected.scheduledTokens), .count("tokens", \.expected.total),
            .money("cost", \.expected.totalMicrodollars), .text("basis", \.basis.rawValue),
            .text("days_of_data") { Tenths($0.daysOfData).text },
            .time("exhausted_at") { $0.limits.compactMap(\.exhaustedAt).min() },
        ]
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
            style.dim(
                "the next \(Amount.counted(forecast.days, "day")), until \(LocalTime.text(forecast.until, zone: zone))"),
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
                standing.unit.text(standing.remaining), fate ?? "not within \(Amount.counted(forecast.days, "day"))",
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
        days < 1
            ? "\(max(1, Int((days * 24).rounded()))) h of data"
            : "\(Amount.counted(Int(days.rounded()), "day")) of data"
    }
}

extension BudgetForecastResult.Document.Account {
    fileprivate init(_ line: BudgetForecast.Line) {
        self.init(
            account: line.account, basis: line.basis.rawValue, daysOfData: Tenths(line.daysOfData),
            burnRateDaily: line.rate.daily, weeklyChangePercent: line.weeklyChange.map { Tenths($0 * 100) },
            scheduledRuns: line.expected.scheduledRuns, scheduledTokens: line.expected.scheduledTokens,
            tokens: line.expected.total, costMicrodollars: line.expected.totalMicrodollars,
            limits: line.limits.map { limit in
                BudgetForecastResult.Document.Limit(
                    period: limit.standing.period.rawValue, unit: limit.standing.unit.rawValue,
                    limit: limit.standing.limit, remaining: limit.standing.remaining, ends: limit.standing.endsAt,
                    exhaustedAt: limit.exhaustedAt)
            })
    }
}

/// A number with one digit behind the point.
struct Tenths: JSONShape, Sendable {
    let text: String

    init(_ value: Double) {
        let scaled = Int64(exactly: (value * 10).rounded()) ?? 0
        let sign = scaled < 0 ? "-" : ""
        text = "\(sign)\(scaled.magnitude / 10).\(scaled.magnitude % 10)"
    }

    var json: JSONValue { .number(JSONNumber(text) ?? JSONNumber(0)) }
}
