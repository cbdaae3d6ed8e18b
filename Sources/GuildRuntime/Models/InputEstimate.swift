import GuildDomain

/// The estimated input tokens of a request, for the reservation before a call without the provider's own counter
/// (docs/security.md).
package enum InputEstimate {
    /// A ratio above this is taken for a mistake of the meter, not of the estimate.
    package static let largestRatio = 20.0

    /// Tokens of framing and of the instructions that providers add with tools, for the strict estimate.
    static let framingTokens: Int64 = 64
    static let messageFramingTokens: Int64 = 8
    static let toolsPreambleTokens: Int64 = 600

    /// ceil(UTF-8 bytes ÷ 3) × 1.1, rounded up, raised by the worst ratio seen.
    ///
    /// - Parameter worstRatio: the largest quotient of counted and estimated input seen for the model; below 1 counts
    ///   as 1.
    package static func tokens(of request: ModelRequest, worstRatio: Double = 1) -> Int64 {
        let thirds = (bytes(of: request) + 2) / 3
        let estimate = (thirds * 11 + 9) / 10
        guard worstRatio > 1 else { return estimate }
        return Int64((Double(estimate) * min(worstRatio, largestRatio)).rounded(.up))
    }

    /// `estimate: strict`: one token a byte, plus framing.
    package static func strictTokens(of request: ModelRequest) -> Int64 {
        let framing = framingTokens + messageFramingTokens * Int64(request.messages.count)
        return bytes(of: request) + framing + (request.tools.isEmpty ? 0 : toolsPreambleTokens)
    }

    private static func bytes(of request: ModelRequest) -> Int64 { Int64(request.document.byteCount) }
}
