package import GuildDomain

/// A call's usage, as far as the provider's figures are credible.
package struct JudgedUsage: Sendable, Hashable {
    /// Nil if nothing believable was reported: the caller settles at the reserved bound, marked estimated.
    package var tokens: TokenUsage?
    /// Whether `tokens` is our own estimate and not the provider's count.
    package var isEstimate: Bool
    /// Why the provider's figures were not taken as they came.
    package var doubt: String?

    package init(tokens: TokenUsage?, isEstimate: Bool = false, doubt: String? = nil) {
        self.tokens = tokens
        self.isEstimate = isEstimate
        self.doubt = doubt
    }
}

/// The most and the least that a call can have used, from the bytes sent and received. A model server is an outsider:
/// its figures become money only within these bounds.
struct UsageBounds: Sendable {
    /// The body of the request.
    let requestBytes: Int
    /// The reply limit that was sent, in tokens.
    let outputLimit: Int
    /// The reservation for the input, in tokens.
    var inputLimit = Int64.max
    /// Everything that came back, framing included.
    let receivedBytes: Int
    /// Text, reasoning and tool arguments alone.
    let contentBytes: Int

    /// A token is at least a byte; the factors leave room for tokenizers of every kind, for instructions that a provider
    /// adds to a request, and for servers that pass the reply limit a little.
    private static let inputFactor: Int64 = 4
    private static let hiddenInputTokens: Int64 = 32_768
    private static let outputFactor: Int64 = 2
    private static let hiddenOutputTokens: Int64 = 1_024
    /// Fewer tokens than one for this many bytes are not counted, but left out.
    private static let bytesPerTokenAtMost: Int64 = 1_024
    private static let bytesPerTokenEstimated: Int64 = 3

    private var inputCeiling: Int64 {
        Self.scaled(requestBytes, by: Self.inputFactor).addingSaturated(Self.hiddenInputTokens)
    }

    private var outputCeiling: Int64 {
        Self.scaled(outputLimit, by: Self.outputFactor)
            .addingSaturated(Self.scaled(receivedBytes, by: Self.outputFactor))
            .addingSaturated(Self.hiddenOutputTokens)
    }

    /// The provider's figures if they are possible; our own estimate of those that it left out; nothing if they are
    /// impossible.
    func judge(_ reported: ReportedUsage?) -> JudgedUsage {
        guard let reported else { return JudgedUsage(tokens: nil) }
        var judged = judge(reported.tokens, isWhole: reported.output != .unknown)
        guard var tokens = judged.tokens, reported.output != .final else { return judged }
        if reported.output == .unknown {
            tokens.output = max(tokens.totalOutput, Int64(clamping: outputLimit))
            tokens.reasoning = 0
        }
        judged.tokens = tokens
        judged.isEstimate = true
        judged.doubt = [judged.doubt, reported.output.doubt].compactMap { $0 }.joined(separator: "; ")
        return judged
    }

    /// - Parameter isWhole: whether the output was counted, too.
    private func judge(_ reported: TokenUsage, isWhole: Bool) -> JudgedUsage {
        var tokens = reported
        let input = tokens.totalInput
        let output = tokens.totalOutput
        guard input <= inputCeiling, output <= outputCeiling else {
            return JudgedUsage(
                tokens: nil,
                doubt:
                    "implausible usage: \(input) tokens in and \(output) out reported, but at most \(inputCeiling) and "
                    + "\(outputCeiling) are possible")
        }
        // No estimate exceeds the reservation; the reported figure is the minimum.
        var leftOut: [String] = []
        if input < Int64(requestBytes) / Self.bytesPerTokenAtMost || input == 0 {
            tokens.cacheRead = 0
            tokens.cacheWrite = 0
            tokens.input = max(input, min(Self.estimate(requestBytes), inputLimit))
            leftOut.append("\(input) tokens for \(requestBytes) bytes sent")
        }
        if isWhole, output < Int64(contentBytes) / Self.bytesPerTokenAtMost || (output == 0 && contentBytes > 0) {
            tokens.output = max(output, min(Self.estimate(contentBytes), Int64(clamping: outputLimit)))
            tokens.reasoning = 0
            leftOut.append("\(output) tokens for \(contentBytes) bytes received")
        }
        guard !leftOut.isEmpty else { return JudgedUsage(tokens: tokens) }
        return JudgedUsage(
            tokens: tokens, isEstimate: true,
            doubt: "implausible usage: \(leftOut.joined(separator: ", ")); estimated by their length")
    }

    private static func scaled(_ count: Int, by factor: Int64) -> Int64 {
        let (product, overflow) = Int64(clamping: max(0, count)).multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }

    private static func estimate(_ bytes: Int) -> Int64 {
        let bytes = Int64(clamping: max(0, bytes))
        return bytes / bytesPerTokenEstimated + (bytes % bytesPerTokenEstimated == 0 ? 0 : 1)
    }
}
