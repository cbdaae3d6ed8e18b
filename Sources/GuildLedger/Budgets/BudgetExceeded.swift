package import GuildDomain

/// A reservation that an account of the plan has no room for, or that an alert keeps back.
package struct BudgetExceeded: GuildError, Equatable {
    /// The smallest reply limit that a call is still worth making for.
    package static let outputFloor: Int64 = 256

    /// The account without room.
    package let account: String
    /// The limit's key in the manifest, or its throttle.
    package let setting: String
    /// Tokens, or micro-dollars if `isMoney`.
    package let limit: Int64
    package let used: Int64
    /// The amount that calls under way hold.
    package let reserved: Int64
    /// The input and the smallest reply for which the call is still worth making: `outputFloor`, or the whole requested
    /// reply if that is less. Every call's reply limit may be lowered that far before the call is refused, so the
    /// refusal, its end and the missing amount are computed for that reply and not for the requested one.
    package let needed: Int64
    /// The limit that the whole call requires, with the full requested reply, and without an alert that holds it back.
    package var enough: Int64 = 0
    /// Whether the amounts are micro-dollars rather than tokens.
    package let isMoney: Bool
    /// A limit on money applies and the model has no price: refused whatever the limit is.
    package let isPriceUnknown: Bool
    /// The period of the limit.
    package var period = BudgetPeriod.perInvocation
    /// When `needed` fits.
    package var relief = BudgetRelief.grant
    /// Set if there is room, but an alert keeps work of this priority back.
    package var alert = AlertLevel.none

    package var kind: ErrorKind { .outOfBudget }

    /// When there will be room without anyone's doing.
    package var freesUpAt: Timestamp? {
        if case .at(let time) = relief { time } else { nil }
    }

    /// Whether only a person can make room: it is the run's own limit, or its root's.
    package var waitsForPerson: Bool { period == .perInvocation && freesUpAt == nil && alert == .none }

    /// Whether waiting can help: an unknown price is not a matter of time or of a grant.
    package var canWait: Bool { !isPriceUnknown }

    package var message: String {
        if isPriceUnknown {
            return "\(account): \(setting) limits its cost, but the model's price is unknown"
        }
        let unit = isMoney ? "micro-dollars" : "tokens"
        if alert > .none {
            return "\(account): \(used) of \(limit) \(unit) of \(setting) are used, which is the \(alert.name) alert: "
                + (alert == .red ? "only CRITICAL and HIGH run" : "BACKGROUND work stops") + relieved
        }
        return
            "\(account): \(setting) is \(limit) \(unit); \(used) used, \(reserved) reserved, at least \(needed) needed"
            + (waitsForPerson && used == 0 && reserved == 0 ? ": its first call does not fit" : relieved)
    }

    private var relieved: String {
        switch relief {
        case .now, .grant: ""
        case .at(let time): "; frees up at \(time.wholeSeconds.rfc3339)"
        case .whenCallsSettle: "; frees up when calls in progress settle"
        }
    }

    /// As `--cost` takes it.
    private static func dollars(_ microdollars: Int64) -> String {
        let (whole, rest) = microdollars.quotientAndRemainder(dividingBy: 1_000_000)
        let digits = String(rest)
        return "\(whole)." + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    package var hint: String? {
        if isPriceUnknown {
            return "set the model's cost_per_1k_input and cost_per_1k_output in the codex's LLMRegistry, or remove "
                + setting
        }
        let least = max(enough, used.addingSaturated(reserved).addingSaturated(needed))
        let missing = max(1, least.subtractingSaturated(limit))
        let amount = isMoney ? "0 --cost \(Self.dollars(missing))" : "\(missing)"
        // Without a period a grant is for the running day and month.
        let running = period == .minute || period == .hour ? " --period \(period.name)" : ""
        let grant = "`guild budget grant \(account) \(amount)\(running) --reason WHY` adds enough for the next call"
        if setting.hasPrefix("--") { return "\(grant), or run with \(setting) \(least)" }
        return "\(grant), or raise \(setting) in the codex"
            + (account.hasPrefix("invocation/") && !isMoney ? " to \(least), or run with --budget \(least)" : "")
    }
}

extension Timestamp {
    /// Rounded up, for people.
    fileprivate var wholeSeconds: Timestamp {
        let (seconds, rest) = microseconds.floorDivided(by: 1_000_000)
        return Timestamp(seconds: rest == 0 ? seconds : seconds.addingSaturated(1))
    }
}
