package import GuildDomain

/// The worst case of a call in money, as a reservation counts it.
package enum BudgetBound {
    /// Micro-dollars: every input token at the dearest input price, every output token at the dearest output price.
    package static func cost(_ prices: TokenPrices, input: Int64, output: Int64) -> Int64 {
        BudgetRule.boundCost(prices, input: input, output: output)
    }
}
