/// Tokens of one model call in five disjoint classes. A limit on tokens counts their sum.
package struct TokenUsage: Hashable, Sendable {
    /// Fresh input: neither read from nor written to the provider's prompt cache.
    package var input: Int64
    /// Input tokens read from the provider's cache.
    package var cacheRead: Int64
    /// Input tokens written to the provider's cache.
    package var cacheWrite: Int64
    /// Visible output.
    package var output: Int64
    /// Output tokens that the answer does not show.
    package var reasoning: Int64

    package init(
        input: Int64 = 0, cacheRead: Int64 = 0, cacheWrite: Int64 = 0, output: Int64 = 0, reasoning: Int64 = 0
    ) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.output = output
        self.reasoning = reasoning
    }

    /// No tokens.
    package static let zero = TokenUsage()

    /// Saturates instead of overflowing.
    package var total: Int64 { totalInput.addingSaturated(totalOutput) }
    /// Fresh and cached input together.
    package var totalInput: Int64 { input.addingSaturated(cacheRead).addingSaturated(cacheWrite) }
    /// Visible output and reasoning together.
    package var totalOutput: Int64 { output.addingSaturated(reasoning) }

    package static func + (left: Self, right: Self) -> Self {
        Self(
            input: left.input.addingSaturated(right.input),
            cacheRead: left.cacheRead.addingSaturated(right.cacheRead),
            cacheWrite: left.cacheWrite.addingSaturated(right.cacheWrite),
            output: left.output.addingSaturated(right.output),
            reasoning: left.reasoning.addingSaturated(right.reasoning))
    }

    package static func += (left: inout Self, right: Self) { left = left + right }
}

extension Int64 {
    /// The sum, or the largest value if it overflows.
    package func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the bound that it exceeds.
    package func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}

/// The price of a token of each class, in pico-dollars (10⁻¹² US dollars). Never a floating-point number.
package struct TokenPrices: Hashable, Sendable {
    /// The price of a fresh input token.
    package var input: Int64
    /// The price of an input token read from the cache.
    package var cacheRead: Int64
    /// The price of an input token written to the cache.
    package var cacheWrite: Int64
    /// The price of a visible output token.
    package var output: Int64
    /// The price of a reasoning token.
    package var reasoning: Int64

    package init(input: Int64, cacheRead: Int64, cacheWrite: Int64, output: Int64, reasoning: Int64) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.output = output
        self.reasoning = reasoning
    }

    /// Every token costs nothing.
    package static let free = TokenPrices(input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0)

    /// The cost of `usage` in micro-dollars, rounded up once; saturates at the largest value.
    package func cost(of usage: TokenUsage) -> Int64 {
        let products = [
            (input, usage.input), (cacheRead, usage.cacheRead), (cacheWrite, usage.cacheWrite),
            (output, usage.output), (reasoning, usage.reasoning),
        ]
        // A product of two Int64 has 126 bits, so five could overflow: the sum stops at the value at which the result
        // saturates anyway.
        let ceiling = Int128(Int64.max) * 1_000_000
        let picodollars = products.reduce(Int128(0)) { min(ceiling, $0 + min(ceiling, Int128($1.0) * Int128($1.1))) }
        return Int64(clamping: (picodollars + 999_999) / 1_000_000)
    }

    /// Pico-dollars a token from a decimal string of dollars per 1,000 tokens: `0.003` is 3,000,000.
    ///
    /// - Returns: nil unless the text is a plain non-negative decimal of at most 9 fractional digits that fits.
    package static func picodollars(perThousand text: String) -> Int64? { Decimals.scaled(text, digits: 9) }
}

/// Exact reading of decimal strings into scaled integers.
package enum Decimals {
    /// `text` × 10^`digits` as an integer.
    ///
    /// - Returns: nil for anything but digits with at most one point, for more fractional digits than `digits` (zeros
    ///   aside), and for a value that does not fit 63 bits.
    package static func scaled(_ text: String, digits: Int) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty || parts.count == 2, text.utf8.count <= 40 else { return nil }
        var fraction = parts.count == 2 ? Array(parts[1].utf8) : []
        if parts.count == 2, fraction.isEmpty { return nil }
        while fraction.count > digits, fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        guard fraction.count <= digits else { return nil }
        fraction += Array(repeating: UInt8(ascii: "0"), count: digits - fraction.count)
        var value: Int64 = 0
        for byte in Array(whole.utf8) + fraction {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(Int64(byte - 0x30))
            guard !overflow, !overflowed else { return nil }
            value = sum
        }
        return value
    }
}
