import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct BudgetAlertTests {
    private let noon = Timestamp(seconds: 1_800_014_400)

    @Test func `each level is told of once in a period, to the account, with one audit entry`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let limits = [
                AccountLimit(account: "chapter/sea", period: .day, tokens: 10_000, setting: "tokenBudget.perDay"),
                AccountLimit(account: "organization", period: .month, tokens: 1_000_000, setting: "manaPool.perMonth"),
                AccountLimit(counting: "agent/ranger"),
            ]
            var levels: [AlertLevel] = []
            for (number, spent) in [7_400, 100, 100, 1_400, 400, 100, 600].enumerated() {
                let caller = try await ledger.caller("\(number)", worker, priority: .critical)
                let tokens = TokenUsage(input: Int64(spent))
                try await ledger.spend(tokens, of: caller, worker, limits: limits, output: 1, now: noon)
                levels.append(try await ledger.budgets.alertLevels(now: noon).level(agent: "ranger", chapter: "Sea"))
                try await ledger.invocations.end(caller, as: .succeeded, outcome: "", now: noon)
            }
            #expect(levels == [.none, .yellow, .yellow, .orange, .orange, .red, .red])
            #expect(try await ledger.auditKinds().filter { $0 == "budget.alerted" }.count == 3)
            let told = try await ledger.count("SELECT count(*) FROM notifications WHERE recipient = 'chapter/sea'")
            #expect(told == 3)
            // A new day has its own.
            let next = noon + .seconds(86_400)
            #expect(try await ledger.budgets.alertLevels(now: next).levels.isEmpty)
            let caller = try await ledger.caller("next", worker, priority: .critical, now: next)
            try await ledger.spend(TokenUsage(input: 9_600), of: caller, worker, limits: limits, output: 1, now: next)
            #expect(try await ledger.auditKinds().filter { $0 == "budget.alerted" }.count == 6)
            _ = try await ledger.sound(now: next)
        }
    }

    @Test func `an alert is told to whom the commit names, in row and audit entry, and to others after the next`()
        async throws
    {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let limits = [AccountLimit(account: "chapter/sea", period: .day, tokens: 10_000, setting: "perDay")]
            func note(_ recipients: [String: [String]]?) async throws {
                try await ledger.budgets.noteLimits(limits, rules: BudgetRules(), recipients: recipients, now: noon)
            }
            func spend(_ spent: Int64) async throws {
                let caller = try await ledger.caller("\(spent)", worker, priority: .critical)
                try await ledger.spend(
                    TokenUsage(input: spent), of: caller, worker, limits: limits, output: 1, now: noon)
            }
            try await note(["chapter/sea": ["user:ada", "agent/grandmaster"], "agent/ranger": ["user:ada"]])
            try await spend(7_500)
            let told = "SELECT group_concat(recipient) FROM (SELECT recipient FROM notifications ORDER BY seq)"
            #expect(try await ledger.text(told) == "user:ada,agent/grandmaster")
            let body = try await ledger.text(
                "SELECT CAST(body AS TEXT) FROM audit_bodies JOIN audit USING (seq) WHERE kind = 'budget.alerted'")
            #expect(try #require(body).contains(#""told":["user:ada","agent/grandmaster"]"#))
            #expect(
                try await ledger.budgets.alertsInForce(now: noon) == [
                    AlertInForce(
                        account: "chapter/sea", level: .yellow, recipients: ["user:ada", "agent/grandmaster"])
                ])
            // A plan says nothing of recipients; a commit without a master leaves the account itself.
            try await note(nil)
            try await spend(1_500)
            #expect(try await ledger.count("SELECT count(*) FROM notifications") == 4)
            try await note([:])
            try await spend(500)
            #expect(try await ledger.text("SELECT recipient FROM notifications ORDER BY seq DESC") == "chapter/sea")
            #expect(try await ledger.count("SELECT count(*) FROM alert_recipients") == 0)
        }
    }

    private static let kept: [(spent: Int64, runs: [Bool])] = [
        (7_600, [true, true, true, true, true]), (9_100, [true, true, true, true, false]),
        (9_600, [true, true, false, false, false]),
    ]

    @Test(arguments: kept)
    func `work that an alert keeps back is not claimed, until a grant makes room`(
        spent: Int64, runs: [Bool]
    ) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let limits = [AccountLimit(account: "chapter/sea", period: .day, tokens: 10_000, setting: "perDay")]
            let caller = try await ledger.caller("first", worker, priority: .critical)
            try await ledger.spend(TokenUsage(input: spent), of: caller, worker, limits: limits, output: 1, now: noon)
            for priority in Priority.allCases { try await ledger.queue(priority.name, priority: priority, at: noon) }
            var claimed: [Priority] = []
            while let next = try await ledger.claim(worker, now: noon) { claimed.append(next.priority) }
            #expect(Priority.allCases.map { claimed.contains($0) } == runs)
            // With the day the alert ends: somebody must look then.
            #expect(
                try await ledger.invocations.nextTime(worker: worker, now: noon)
                    == PeriodCalendar(.gmt).day(at: noon).upperBound)
            _ = try await ledger.budgets.grant(
                GrantRequest(account: .chapter("sea"), tokens: 1_000_000, reason: "go on", actor: "user:ada"), now: noon
            )
            while let next = try await ledger.claim(worker, now: noon) { claimed.append(next.priority) }
            #expect(Set(claimed) == Set(Priority.allCases))
        }
    }

    @Test func `what runs when the red alert comes stops at its next turn, and goes on after a grant`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let limits = [AccountLimit(account: "chapter/sea", period: .day, tokens: 10_000, setting: "perDay")]
            let caller = try await ledger.caller("a", worker)
            try await ledger.spend(
                TokenUsage(input: 9_500), of: caller, worker, limits: limits, output: 1, now: noon)
            let plan = TurnPlan.sample(2, of: caller, input: 10, output: 10, limits: limits)
            do {
                _ = try await ledger.invocations.beginTurn(plan, of: caller, worker: worker, now: noon)
                Issue.record("it was not kept back")
            } catch let refusal as BudgetExceeded {
                #expect(refusal.alert == .red)
                #expect(refusal.message.contains("red alert"))
                try await ledger.budgets.suspend(caller, refused: refusal, partial: "", now: noon)
            }
            let outcome = try await ledger.budgets.grant(
                GrantRequest(account: .chapter("sea"), tokens: 10_000, reason: "go on", actor: "user:ada"), now: noon)
            #expect(outcome.woken == [caller.id])
        }
    }

    @Test func `the reserve is there for CRITICAL and HIGH alone`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let limits = [
                AccountLimit(
                    account: "organization", period: .day, tokens: 2000, kept: 900, setting: "manaPool.perDay")
            ]
            for (priority, output) in [(Priority.high, 1000), (.normal, 1000)] as [(Priority, Int64)] {
                let caller = try await ledger.caller(priority.name, worker, priority: priority)
                let plan = TurnPlan.sample(1, of: caller, output: output, limits: limits)
                if priority == .high {
                    let reservation = try await ledger.invocations.beginTurn(
                        plan, of: caller, worker: worker, now: noon)
                    #expect(reservation.output == 1000)
                    try await ledger.invocations.recordLostTurn(
                        plan, reservation: reservation, of: caller, LostAnswer(reason: "x", mayHaveBilled: false),
                        now: noon)
                    continue
                }
                #expect(
                    try await ledger.invocations.beginTurn(plan, of: caller, worker: worker, now: noon).output == 1000)
                let another = try await ledger.caller("again", worker)
                await #expect {
                    _ = try await ledger.invocations.beginTurn(
                        .sample(1, of: another, limits: limits), of: another, worker: worker, now: noon)
                } throws: { ($0 as? BudgetExceeded)?.setting == "manaPool.perDay less its reserve" }
                let urgent = try await ledger.caller("urgent", worker, priority: .critical)
                let left = try await ledger.invocations.beginTurn(
                    .sample(1, of: urgent, limits: limits), of: urgent, worker: worker, now: noon)
                #expect(left.tokens == 900)
            }
        }
    }
}
