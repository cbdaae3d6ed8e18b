import GuildDomain

/// The usage of an Anthropic stream: `message_start` counts the input, `message_delta` everything so far.
///
/// The figures are cumulative, so a zero or a smaller figure does not reduce them. Only the keys that guild settles are
/// kept: skipping the others costs nothing.
struct AnthropicUsage: Sendable {
    private struct Input: Sendable {
        var fresh: Int64?
        var cacheRead: Int64?
        var cacheWrite: Int64?

        var total: Int64 {
            (fresh ?? 0).addingSaturated(cacheRead ?? 0).addingSaturated(cacheWrite ?? 0)
        }
    }

    private var input = Input()
    /// The value of `message_start`: a placeholder, which includes nothing that is written later.
    private var firstOutput: Int64 = 0
    private var output: Int64?
    private var thinking: Int64 = 0

    /// - Parameter isFinal: for `message_delta`, which counts the output.
    mutating func merge(_ usage: JSONValue, isFinal: Bool) {
        func count(_ value: JSONValue?) -> Int64? { value?.integer.flatMap { $0 < 0 ? nil : $0 } }
        func newer(_ value: JSONValue?, _ known: Int64?) -> Int64? {
            guard let value = count(value) else { return known }
            return value > 0 ? value : known ?? value
        }
        let next = Input(
            fresh: newer(usage["input_tokens"], input.fresh),
            cacheRead: newer(usage["cache_read_input_tokens"], input.cacheRead),
            cacheWrite: newer(usage["cache_creation_input_tokens"], input.cacheWrite))
        // A later report may count tokens as cached that an earlier one counted as fresh; the sum never shrinks.
        input =
            next.total >= input.total
            ? next
            : Input(
                fresh: Self.larger(input.fresh, next.fresh), cacheRead: Self.larger(input.cacheRead, next.cacheRead),
                cacheWrite: Self.larger(input.cacheWrite, next.cacheWrite))
        guard let counted = count(usage["output_tokens"]) else { return }
        guard isFinal else { return firstOutput = max(firstOutput, counted) }
        output = max(output ?? 0, counted)
        thinking = max(thinking, count(usage["output_tokens_details"]?["thinking_tokens"]) ?? 0)
    }

    /// Five disjoint classes; nil unless the stream counted both input and final output.
    var tokens: TokenUsage? { output == nil ? nil : counted }

    /// The classes as far as they were counted; nil unless the input was.
    var counted: TokenUsage? {
        guard let fresh = input.fresh else { return nil }
        let output = output == 0 ? 0 : max(output ?? 0, firstOutput)
        let reasoning = min(thinking, output)
        return TokenUsage(
            input: fresh, cacheRead: input.cacheRead ?? 0, cacheWrite: input.cacheWrite ?? 0,
            output: output - reasoning, reasoning: reasoning)
    }

    private static func larger(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return left ?? right }
        return max(left, right)
    }
}
