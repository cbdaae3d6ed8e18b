import GuildDomain
import Testing

@Suite struct TokenPricesTests {
    private let prices = TokenPrices(
        input: 3_000_000, cacheRead: 300_000, cacheWrite: 3_750_000, output: 15_000_000, reasoning: 15_000_000)

    @Test func `each class has its own price`() {
        let usage = TokenUsage(input: 1000, cacheRead: 1000, cacheWrite: 1000, output: 1000, reasoning: 1000)
        #expect(prices.cost(of: usage) == 3000 + 300 + 3750 + 15_000 + 15_000)
        #expect(prices.cost(of: .zero) == 0)
    }

    @Test func `the sum is rounded up once`() {
        let small = TokenPrices(input: 1, cacheRead: 1, cacheWrite: 0, output: 0, reasoning: 0)
        #expect(small.cost(of: TokenUsage(input: 1)) == 1)
        #expect(small.cost(of: TokenUsage(input: 1, cacheRead: 1)) == 1)
        #expect(small.cost(of: TokenUsage(input: 1_000_000)) == 1)
        #expect(small.cost(of: TokenUsage(input: 1_000_000, cacheRead: 1)) == 2)
    }

    @Test func `hostile counts saturate`() {
        let most = TokenUsage(input: .max, cacheRead: .max, cacheWrite: .max, output: .max, reasoning: .max)
        let dear = TokenPrices(input: .max, cacheRead: .max, cacheWrite: .max, output: .max, reasoning: .max)
        #expect(dear.cost(of: most) == .max)
        #expect(most.total == .max)
        #expect((most + most).input == .max)
    }

    @Test(
        arguments: [
            ("0.003", 3_000_000), ("15", 15_000_000_000), ("0", 0), ("0.0000000010", 1), (".5", 500_000_000),
            ("0.000000001", 1), ("9223372036.854775807", Int64.max), ("9223372036.854775808", nil),
            ("0.0000000001", nil),
            ("", nil), (".", nil), ("1.", nil), ("-1", nil), ("+1", nil), ("1e3", nil), ("1,5", nil), ("1.2.3", nil),
            ("٣", nil),
        ] as [(String, Int64?)]) func `prices are read exactly`(text: String, expected: Int64?)
    {
        #expect(TokenPrices.picodollars(perThousand: text) == expected)
    }
}
