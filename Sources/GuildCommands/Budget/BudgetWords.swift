import Foundation
import GuildBudgets
import GuildCitadel
package import GuildDomain
package import GuildLedger

extension BudgetPeriod {
    /// The period to which a grant adds.
    var running: String {
        switch self {
        case .perInvocation: "for its whole life"
        case .minute, .hour: "for any \(name)"
        case .day, .month: "for this \(name)"
        }
    }
}

extension Grant: JSONShape {
    var amountText: String {
        let parts = [tokens > 0 ? "\(Amount.grouped(tokens)) tokens" : nil, cost > 0 ? Money.dollars(cost) : nil]
        return parts.compactMap(\.self).joined(separator: " and ")
    }

    package var json: JSONValue {
        [
            "id": .integer(id), "at": .string(at.rfc3339), "period": .string(period.name), "tokens": .integer(tokens),
            "cost_microdollars": .integer(cost), "until": .optional(until), "actor": .string(actor),
            "reason": .string(reason),
        ]
    }
}

extension Throttle: JSONShape {
    /// `50 % of every limit`, `4,000 tokens a day`.
    var text: String {
        switch measure {
        case .permille(let permille):
            let percent = permille.isMultiple(of: 10) ? "\(permille / 10)" : "\(permille / 10).\(permille % 10)"
            return "\(percent) % of \(period.map { "its \($0.name)'s limit" } ?? "every limit")"
        case .tokens(let tokens):
            return "\(Amount.grouped(tokens)) tokens\(period.map { " a \($0.name)" } ?? "")"
        }
    }

    package var json: JSONValue {
        var measured: JSONObject = [:]
        switch measure {
        case .permille(let permille): measured["permille"] = .integer(permille)
        case .tokens(let tokens): measured["tokens"] = .integer(tokens)
        }
        return [
            "id": .integer(id), "at": .string(at.rfc3339), "period": .optional(period?.name),
            "to": .object(measured), "until": .optional(until), "actor": .string(actor), "reason": .string(reason),
        ]
    }
}

extension BudgetRelief: JSONShape {
    package var json: JSONValue {
        switch self {
        case .now: "now"
        case .at(let time): .string(time.rfc3339)
        case .whenCallsSettle: "when calls settle"
        case .grant: "with a grant"
        }
    }

    func text(zone: TimeZone) -> String {
        switch self {
        case .now: "-"
        case .at(let time): LocalTime.text(time, zone: zone)
        case .whenCallsSettle: "when calls settle"
        case .grant: "with a grant"
        }
    }
}

extension PeriodStanding: JSONShape {
    func amount(_ unit: BudgetStanding.Unit) -> BudgetAmount { unit == .tokens ? tokens : cost }

    /// One period of an account, tokens and money (docs/budget-report.md).
    package var json: JSONValue {
        [
            "period": .string(period.name), "since": .optional(startsAt), "ends": .optional(endsAt),
            "tokens": tokens.json, "cost_microdollars": cost.json, "kept": .integer(kept), "setting": .string(setting),
            "alert": .string(level.name), "frees_up": relief.json, "throttle": throttle?.json ?? .null,
        ]
    }
}

extension BudgetAmount: JSONShape {
    package var json: JSONValue {
        [
            "limit": .optional(limit), "codex": .optional(base), "granted": .integer(granted), "used": .integer(used),
            "reserved": .integer(reserved), "remaining": .optional(remaining),
        ]
    }
}
