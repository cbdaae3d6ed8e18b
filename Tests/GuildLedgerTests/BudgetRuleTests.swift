import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct BudgetRuleTests {
    private let invocation = Invocation(
        id: InvocationID(derivedFrom: ["i"]), agent: "ranger", commit: "c", event: EventID(derivedFrom: ["e"]),
        root: EventID(derivedFrom: ["e"]), createdAt: start)

    private func standing(
        tokens: Int64? = nil, cost: Int64? = nil, used: Int64 = 0, reserved: Int64 = 0, usedCost: Int64 = 0,
        reservedCost: Int64 = 0
    ) -> BudgetRule.Standing {
        BudgetRule.Standing(
            limit: AccountLimit(account: "agent/ranger", tokens: tokens, cost: cost, setting: "perDay"), used: used,
            reserved: reserved, usedCost: usedCost, reservedCost: reservedCost)
    }

    private func granted(
        input: Int64 = 100, output: Int64 = 1000, prices: TokenPrices? = TurnPlan.samplePrices,
        _ standings: BudgetRule.Standing...
    ) throws -> Int64 {
        try BudgetRule.grantedOutput(
            for: TurnPlan.sample(of: invocation, input: input, output: output, prices: prices), on: standings)
    }

    @Test func `without limits the reply limit stands`() throws {
        #expect(try granted(standing()) == 1000)
        #expect(try granted(prices: nil, standing()) == 1000)
    }

    @Test(arguments: [(1100, 1000), (1099, 999), (700, 600), (356, 256)] as [(Int64, Int64)])
    func `a reply limit that does not fit is lowered to what does`(limit: Int64, output: Int64) throws {
        #expect(try granted(standing(tokens: limit)) == output)
        #expect(try granted(standing(tokens: limit + 50, used: 30, reserved: 20)) == output)
    }

    @Test func `below the floor the call is refused, with every figure`() {
        let expected = BudgetExceeded(
            account: "agent/ranger", setting: "perDay", limit: 405, used: 30, reserved: 20, needed: 356, enough: 1150,
            isMoney: false, isPriceUnknown: false)
        #expect(throws: expected) { try granted(standing(tokens: 405, used: 30, reserved: 20)) }
        #expect(expected.message.contains("405 tokens; 30 used, 20 reserved, at least 356 needed"))
        #expect(expected.kind == .outOfBudget)
    }

    @Test func `a short reply is its own floor`() throws {
        #expect(try granted(output: 10, standing(tokens: 110)) == 10)
        #expect(throws: BudgetExceeded.self) { try granted(output: 10, standing(tokens: 109)) }
    }

    @Test func `the tightest of several accounts decides`() throws {
        #expect(try granted(standing(tokens: 900), standing(tokens: 500), standing(tokens: 700)) == 400)
        #expect(throws: BudgetExceeded.self) { try granted(standing(tokens: 900), standing(tokens: 0)) }
    }

    @Test func `a limit on money lowers the reply limit too`() throws {
        // 100 of input, and 2 for each token of output.
        #expect(try granted(standing(cost: 2100)) == 1000)
        #expect(try granted(standing(cost: 1101)) == 500)
        #expect(try granted(standing(cost: 1301, usedCost: 150, reservedCost: 50)) == 500)
        #expect(try granted(standing(cost: 612)) == 256)
        let refused = BudgetExceeded(
            account: "agent/ranger", setting: "perDay", limit: 611, used: 0, reserved: 0, needed: 612, enough: 2100,
            isMoney: true, isPriceUnknown: false)
        #expect(throws: refused) { try granted(standing(cost: 611)) }
    }

    @Test(arguments: [0, 1_000_000] as [Int64])
    func `an unknown price fails closed where a limit on money applies`(limit: Int64) throws {
        let refused = BudgetExceeded(
            account: "agent/ranger", setting: "perDay", limit: limit, used: 0, reserved: 0, needed: 0, isMoney: true,
            isPriceUnknown: true)
        #expect(throws: refused) { try granted(prices: nil, standing(cost: limit)) }
        #expect(refused.message.contains("price is unknown"))
    }

    @Test func `a limit of no money at all says so, not that the price is unknown`() {
        #expect {
            try granted(standing(cost: 0))
        } throws: {
            ($0 as? BudgetExceeded)?.isPriceUnknown == false && "\($0)".contains("0 micro-dollars")
        }
    }

    @Test(arguments: [Int64.max, .min, -1, 0])
    func `no figure makes the arithmetic trap`(figure: Int64) {
        let plan = TurnPlan.sample(
            of: invocation, input: figure, output: figure,
            prices: TokenPrices(input: .max, cacheRead: .max, cacheWrite: .max, output: .max, reasoning: .max)
        ).bounded
        for limit in [Int64.max, .min, 0, 1] {
            // Whether it fits is another matter; that it does not trap is this one.
            _ = try? BudgetRule.grantedOutput(
                for: plan, on: [standing(tokens: limit, cost: limit, used: .max, reserved: .max, usedCost: .max)])
        }
        #expect(BudgetRule.boundCost(plan.prices, input: plan.inputBound, output: plan.outputWanted) >= 0)
    }

    @Test func `the bound takes the dearest price of each side`() {
        let prices = TokenPrices(
            input: 1_000_000, cacheRead: 100_000, cacheWrite: 3_000_000, output: 5_000_000, reasoning: 9_000_000)
        #expect(BudgetRule.boundCost(prices, input: 10, output: 100) == 930)
    }
}
