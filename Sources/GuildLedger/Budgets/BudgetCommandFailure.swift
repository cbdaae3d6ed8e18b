package import GuildDomain

/// Why a grant or a throttle was refused.
package enum BudgetCommandFailure: GuildError, Equatable {
    case unknownAccount(String)
    /// Only a person grants and throttles.
    case notAPerson(String)
    case nothing
    case noReason
    /// A period that the account does not have.
    case noSuchPeriod(account: String, period: String)
    /// Nothing limits the account, so a grant would change nothing.
    case unlimited(account: String)
    /// The account is limited, but not in what the grant would add; `limited` is what is: `tokens by day`.
    case noSuchLimit(account: String, unit: String, period: String?, limited: [String])
    case notThrottled(account: String)
    case wrongMeasure(String)
    case past(Timestamp)

    package var kind: ErrorKind { .usage }

    package var message: String {
        switch self {
        case .unknownAccount(let name): "there is no account '\(name)' in the ledger"
        case .notAPerson(let actor): "'\(actor)' is not a person: only a person may change a running budget"
        case .nothing: "nothing to grant: the amounts must be above zero"
        case .noReason: "no reason given"
        case .noSuchPeriod(let account, let period): "\(account) has no limit by '\(period)'"
        case .unlimited(let account): "\(account): no limit is in force, so there is nothing to add to"
        case .noSuchLimit(let account, let unit, let period, _):
            "\(account) has no limit on \(unit)\(period.map { " by \($0)" } ?? ""), so there is nothing to raise"
        case .notThrottled(let account): "\(account) is not throttled"
        case .wrongMeasure(let text): "a throttle to \(text) lowers no limit"
        case .past(let time): "\(time.rfc3339) is in the past"
        }
    }

    package var hint: String? {
        switch self {
        case .unknownAccount: "`guild budget report` lists the spending; an account begins with its first call"
        case .notAPerson: nil
        case .nothing: "write a count above zero: 4000, 200K or 10M"
        case .noReason: "add --reason for the audit log"
        case .noSuchPeriod: "a root and an invocation have one limit for their whole life"
        case .unlimited(let account): "set a limit for \(account) in the codex first, or name another account"
        case .noSuchLimit(let account, _, let period, let limited):
            "it has limits on \(limited.joined(separator: ", "))" + Self.nextPeriod(account, period)
        case .notThrottled: "`guild budget show` lists the throttles"
        case .wrongMeasure: "give a factor below 1, or a number of tokens"
        case .past: "name a time in the future"
        }
    }

    private static func nextPeriod(_ account: String, _ period: String?) -> String {
        guard let period else { return "; a limit by minute or hour needs --period" }
        guard period == BudgetPeriod.perInvocation.name, account.hasPrefix("agent/") else { return "" }
        return "; a limit per invocation is each run's own: grant to invocation/ID"
    }
}
