import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// Random histories against a model that knows nothing of rings, rows or caches: it keeps a list of what was posted and
/// adds it up anew for each question.
@Suite struct BudgetPropertyTests {
    @Test(arguments: (1...12).map { UInt64($0) &* 0x5851_F42D_4C95_7F2D })
    func `after any history the books are what they should be`(seed: UInt64) async throws {
        try await withLedger { ledger async throws in
            var history = BudgetHistory(ledger, seed: seed, worker: try await ledger.worker())
            try await history.begin()
            for step in 1...80 {
                let done = try await history.step()
                let problem = try await history.problem()
                try #require(problem == nil, "seed \(seed), step \(step), \(done): \(problem ?? "")")
            }
            try await history.settleAll()
            let problem = try await history.problem()
            #expect(problem == nil, "seed \(seed), at the end: \(problem ?? "")")
            #expect(try await ledger.openAccounts() == 0, "seed \(seed)")
        }
    }
}

/// One random history and its model.
private struct BudgetHistory {
    private struct Post {
        let at: Timestamp
        let spent: Spending
    }

    private struct Open {
        let invocation: Invocation
        let plan: TurnPlan
        let reservation: Reservation
        let isSent: Bool
    }

    private static let zones = ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
    private static let accounts = ["agent/ranger", "chapter/sea", "organization"]

    private let ledger: Ledger
    private let worker: Worker
    private var random: SeededGenerator
    private var rules: BudgetRules
    private var callers: [Invocation] = []
    private var turns: [InvocationID: Int] = [:]
    private var open: [Open] = []
    private var posts: [Post] = []
    private var limits: [AccountLimit] = []
    private var grants: [(account: String, period: BudgetPeriod, until: Timestamp, tokens: Int64)] = []
    /// The wall clock, which may step back, and the latest time that anything was booked at.
    private var wall: Timestamp
    private var latest = Timestamp(seconds: 0)

    init(_ ledger: Ledger, seed: UInt64, worker: Worker) {
        self.ledger = ledger
        self.worker = worker
        random = SeededGenerator(seed: seed)
        let zone = Self.zones[Int(seed % UInt64(Self.zones.count))]
        // No alert, so that limits alone decide.
        rules = BudgetRules(zone: zone, alerts: AlertThresholds(yellow: 100_000, orange: 200_000, red: 300_000))
        wall = Timestamp(rfc3339: "2026-10-31T20:00:00Z") ?? start
    }

    mutating func begin() async throws {
        for number in 0..<5 { callers.append(try await ledger.caller("caller \(number)", worker, now: wall)) }
        changeLimits()
    }

    // MARK: Steps

    mutating func step() async throws -> String {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: return try await reserve()
        case 8..<13: return try await settle()
        case 13: return try await release()
        case 14: return try await expire()
        case 15: return try await grant()
        case 16:
            changeLimits()
            return "limits change"
        default:
            let seconds =
                Int64.random(in: 0..<10, using: &random) < 8
                ? Int64.random(in: 0...1800, using: &random) : Int64.random(in: -7200...40_000, using: &random)
            wall = wall + .seconds(seconds)
            return "the clock moves by \(seconds) s"
        }
    }

    private var now: Timestamp { max(wall, latest) }

    private mutating func reserve() async throws -> String {
        guard
            let caller = callers.filter({ id in !open.contains { $0.invocation.id == id.id } }).randomElement(
                using: &random)
        else { return "nobody is free" }
        let n = (turns[caller.id] ?? 0) + 1
        var plan = TurnPlan.sample(
            n, of: caller, input: Int64.random(in: 1...400, using: &random),
            output: Int64.random(in: 1...1200, using: &random), limits: limits)
        plan.rules = rules
        let isSent = Int.random(in: 0..<4, using: &random) > 0
        do {
            let reservation = try await ledger.invocations.beginTurn(
                plan, of: caller, worker: worker, isSending: isSent, now: wall)
            // What the dead held may have been returned on the way.
            try await forgetExpired()
            open.append(Open(invocation: caller, plan: plan, reservation: reservation, isSent: isSent))
            for limit in limits {
                let (used, allowed) = (used(limit.period), allowed(limit))
                let reserved = open.reduce(0) { $0 + $1.reservation.tokens }
                guard let allowed, used.tokens + reserved > allowed else { continue }
                throw Failure(.failed, "\(limit.account) \(limit.period): \(used.tokens) + \(reserved) > \(allowed)")
            }
            return "\(reservation.tokens) \(isSent ? "sent" : "held")"
        } catch let refusal as BudgetExceeded {
            try await forgetExpired()
            let limit = try #require(limits.first { $0.account == refusal.account && $0.period == refusal.period })
            let reserved = open.reduce(0) { $0 + $1.reservation.tokens }
            let needed = plan.inputBound + min(256, plan.outputWanted)
            let room = try #require(allowed(limit))
            guard used(limit.period).tokens + reserved + needed > room else {
                throw Failure(.failed, "refused without need: \(refusal.message)")
            }
            return "refused"
        }
    }

    private mutating func settle() async throws -> String {
        guard let index = open.indices.filter({ open[$0].isSent }).randomElement(using: &random) else {
            return "none sent"
        }
        let call = open.remove(at: index)
        let most = call.reservation.tokens + (Bool.random(using: &random) ? 0 : 500)
        let output = Int64.random(in: 0...most, using: &random)
        let usage = TokenUsage(input: 0, output: output)
        _ = try await ledger.invocations.recordAnswer(
            .sample(usage), plan: call.plan, reservation: call.reservation, of: call.invocation, waitUntil: wall,
            now: wall)
        turns[call.invocation.id] = call.plan.n
        post(Spending(tokens: output, cost: output * 2))
        return "\(output) spent of \(call.reservation.tokens)"
    }

    private mutating func release() async throws -> String {
        guard let index = open.indices.randomElement(using: &random) else { return "none open" }
        let call = open.remove(at: index)
        let isBilled = call.isSent && Bool.random(using: &random)
        try await ledger.invocations.recordLostTurn(
            call.plan, reservation: call.reservation, of: call.invocation,
            LostAnswer(reason: "x", mayHaveBilled: isBilled),
            now: wall)
        if isBilled {
            post(Spending(tokens: call.reservation.tokens, cost: call.reservation.cost))
        } else {
            latest = now
        }
        return isBilled ? "lost" : "released"
    }

    private mutating func expire() async throws -> String {
        wall = wall + .seconds(31)
        _ = try await ledger.budgets.expireReservations(now: wall)
        try await forgetExpired()
        return "expired"
    }

    /// What the ledger has ended by itself: it is posted or returned as the rule says.
    private mutating func forgetExpired() async throws {
        var gone: [String?] = []
        for call in open {
            let id = call.reservation.id
            gone.append(
                try await ledger.read { db in
                    try db.value("SELECT state FROM reservations WHERE id = ?", [id])
                })
        }
        for index in open.indices.reversed() where gone[index] == "settled" || gone[index] == "released" {
            let call = open.remove(at: index)
            if call.isSent { post(Spending(tokens: call.reservation.tokens, cost: call.reservation.cost)) }
        }
        latest = now
    }

    private mutating func grant() async throws -> String {
        guard let limit = limits.filter({ $0.period.isCalendar }).randomElement(using: &random),
            let account = AccountName(limit.account), try await ledger.budgets.standing(of: account, now: wall) != nil
        else { return "nothing to grant to" }
        let tokens = Int64.random(in: 1...3000, using: &random)
        let request = GrantRequest(
            account: account, period: limit.period, tokens: tokens, reason: "more", actor: "user:ada")
        do {
            _ = try await ledger.budgets.grant(request, now: wall)
        } catch BudgetCommandFailure.unlimited, BudgetCommandFailure.noSuchLimit {
            return "no limit of it has been seen yet"
        }
        latest = now
        grants.append((limit.account, limit.period, interval(limit.period).end, tokens))
        return "\(tokens) granted"
    }

    private mutating func changeLimits() {
        limits = Self.accounts.flatMap { account in
            [BudgetPeriod.minute, .hour, .day, .month].compactMap { period -> AccountLimit? in
                guard Int.random(in: 0..<3, using: &random) > 0 else { return nil }
                let most: Int64 = period == .minute ? 4_000 : period == .hour ? 8_000 : 20_000
                return AccountLimit(
                    account: account, period: period, tokens: Int64.random(in: 1_500...most, using: &random),
                    setting: "\(account) \(period.rawValue)")
            } + [AccountLimit(counting: account)]
        }
    }

    mutating func settleAll() async throws {
        while let call = open.popLast() {
            guard call.isSent else {
                try await ledger.invocations.recordLostTurn(
                    call.plan, reservation: call.reservation, of: call.invocation,
                    LostAnswer(reason: "x", mayHaveBilled: true), now: wall)
                latest = now
                continue
            }
            let usage = TokenUsage(input: call.reservation.tokens)
            _ = try await ledger.invocations.recordAnswer(
                .sample(usage), plan: call.plan, reservation: call.reservation, of: call.invocation, waitUntil: wall,
                now: wall)
            turns[call.invocation.id] = call.plan.n
            post(Spending(tokens: usage.total, cost: usage.total))
        }
    }

    // MARK: The model

    private mutating func post(_ spent: Spending) {
        latest = now
        posts.append(Post(at: now, spent: spent))
    }

    /// By Foundation's calendar, not ours.
    private func interval(_ period: BudgetPeriod) -> (start: Timestamp, end: Timestamp) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: rules.zone) ?? .gmt
        let date = Date(timeIntervalSince1970: Double(now.seconds))
        let interval = calendar.dateInterval(of: period == .day ? .day : .month, for: date)
        return (
            Timestamp(seconds: Int64(interval?.start.timeIntervalSince1970 ?? 0)),
            Timestamp(seconds: Int64(interval?.end.timeIntervalSince1970 ?? 0))
        )
    }

    private func used(_ period: BudgetPeriod) -> Spending {
        let isIn: (Timestamp) -> Bool
        switch period {
        case .perInvocation: isIn = { _ in true }
        case .minute:
            let oldest = now.microseconds / 1_000_000 - 60
            isIn = { $0.microseconds / 1_000_000 >= oldest }
        case .hour:
            let oldest = now.microseconds / 60_000_000 - 60
            isIn = { $0.microseconds / 60_000_000 >= oldest }
        case .day, .month:
            let (start, _) = interval(period)
            isIn = { $0 >= start }
        }
        return posts.filter { isIn($0.at) }.reduce(into: Spending()) { $0 += $1.spent }
    }

    private func allowed(_ limit: AccountLimit) -> Int64? {
        limit.tokens.map { tokens in
            grants.filter { $0.account == limit.account && $0.period == limit.period && now < $0.until }
                .reduce(tokens) { $0 + $1.tokens }
        }
    }

    /// The first thing that is not as the model has it.
    func problem() async throws -> String? {
        let verification = try await ledger.budgets.verify(now: wall)
        if let finding = verification.findings.first { return "\(finding.place): \(finding.problem)" }
        if let excess = verification.excesses.first(where: { $0.unexplained > 0 }) { return "\(excess)" }
        if try await ledger.unbalancedEntries() > 0 { return "an entry does not sum to zero" }
        let negative = try await ledger.count("SELECT count(*) FROM postings WHERE book LIKE 'spent:%' AND tokens < 0")
        if negative > 0 { return "something negative was spent" }
        let held = try await ledger.count("SELECT coalesce(sum(tokens), 0) FROM postings WHERE book = 'held'")
        let reserved = open.reduce(0) { $0 + $1.reservation.tokens }
        if Int64(held) != reserved { return "\(held) are held, \(reserved) should be" }
        for name in Self.accounts {
            guard let account = AccountName(name),
                let standing = try await ledger.budgets.standing(of: account, now: wall)
            else { continue }
            if standing.reserved != reserved { return "\(name): \(standing.reserved) reserved, not \(reserved)" }
            if standing.used != used(.perInvocation).tokens { return "\(name): \(standing.used) used in all" }
            for period in standing.periods where period.period != .perInvocation {
                let expected = used(period.period)
                guard period.tokens.used == expected.tokens, period.cost.used == expected.cost else {
                    return "\(name) \(period.period): \(period.tokens.used) used, not \(expected.tokens)"
                }
            }
        }
        return nil
    }
}
