import GuildConnectors
import GuildDomain
import GuildTransport

/// What an exchange without an answer means to the caller.
struct ProviderRefusal {
    let provider: String
    let status: Int
    let headers: Headers
    let body: [UInt8]
    /// A date in `Retry-After` counts from here.
    let now: Timestamp
    let redactor: Redactor

    /// A provider that asks for more patience is taken at this.
    static let longestDelay = Duration.seconds(86_400)

    func failure() -> ModelFailure {
        let said = ProviderWords.reason(body: body, redactor)
        // A body that is not JSON cannot say more than its status.
        let json = (try? JSONParser.parse(body)) ?? .null
        let isQuota = ProviderErrorCode.isOutOfQuota(json)
        guard status != 200 else { return undersold(json, said, isQuota) }
        let isTransient = asksForRetry ?? ProviderErrorCode.isTransient(status)
        guard isTransient, !isQuota else { return .rejected(provider: provider, status: status, reason: said) }
        return later(status, said)
    }

    /// What the call used all the same: a server that does not stream has answered, and been paid.
    var reportedUsage: TokenUsage? {
        // A body that is not JSON reports nothing.
        guard status == 200, let usage = (try? JSONParser.parse(body))?["usage"], usage.object != nil else {
            return nil
        }
        var (chat, messages) = (OpenAIUsage(), AnthropicUsage())
        chat.merge(usage)
        messages.merge(usage, isFinal: true)
        return chat.tokens ?? messages.tokens
    }

    /// An error under a status of success is what its code says.
    private func undersold(_ json: JSONValue, _ said: String, _ isQuota: Bool) -> ModelFailure {
        guard ProviderWords.reason(json) != nil || ProviderErrorCode.error(in: json) != nil else {
            return .broken(provider: provider, reason: "the answer is JSON where a stream of events was asked for")
        }
        let meant = isQuota ? 402 : ProviderErrorCode.status(in: json)
        if let meant, ProviderErrorCode.isTransient(meant) { return later(meant, said) }
        return .rejected(provider: provider, status: meant ?? status, reason: said)
    }

    private func later(_ meant: Int, _ said: String) -> ModelFailure {
        .retryable(
            provider: provider, reason: said.isEmpty ? "status \(meant)" : "status \(meant): \(said)",
            retryAfter: delay,
            status: meant)
    }

    /// OpenAI and Anthropic say in a header whether another try helps, and their own clients obey it.
    private var asksForRetry: Bool? {
        switch headers["x-should-retry"] {
        case "true": status >= 400 ? true : nil
        case "false": false
        default: nil
        }
    }

    /// `retry-after-ms` is OpenAI's, and more exact than the standard header beside it.
    private var delay: Duration? {
        if let milliseconds = headers["retry-after-ms"].flatMap(Double.init), milliseconds >= 0 {
            return min(.milliseconds(Int64(min(milliseconds, 1e9))), Self.longestDelay)
        }
        guard let value = headers["retry-after"] else { return nil }
        if let seconds = Double(value), seconds >= 0 {
            return min(.milliseconds(Int64(min(seconds, 1e6) * 1000)), Self.longestDelay)
        }
        return RetryAfter.delay(value, now: now).map { min($0, Self.longestDelay) }
    }

    /// A failure before any byte of a response.
    static func failure(_ error: any Error, provider: String) -> ModelFailure {
        guard let failure = error as? HTTPFailure else { return brokenStream(error, provider: provider) }
        switch failure {
        case .invalidURL, .invalidRequest, .forbiddenAddress:
            return .notConfigured(
                provider: provider, reason: failure.message, hint: "correct base_url in its entry of the LLMRegistry")
        case .overloaded, .resolve, .connect, .tls, .timeout(_, phase: "connect"):
            return .retryable(provider: provider, reason: failure.message, retryAfter: nil)
        case .timeout, .bodyTooLarge, .truncated, .cancelled:
            return brokenStream(error, provider: provider)
        }
    }

    /// A failure after the request was sent.
    static func brokenStream(_ error: any Error, provider: String) -> ModelFailure {
        if error is CancellationError || error as? HTTPFailure == .cancelled || Task.isCancelled { return .cancelled }
        let reason = (error as? any GuildError)?.message ?? "the exchange failed: \(error)"
        if case .timeout? = error as? HTTPFailure { return .stalled(provider: provider, reason: reason) }
        return .broken(provider: provider, reason: reason)
    }
}
