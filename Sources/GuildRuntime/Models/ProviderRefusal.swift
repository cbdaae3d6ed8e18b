import GuildConnectors
import GuildDomain
import GuildTransport

/// The meaning of an exchange without an answer to the caller.
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
        let isQuota = ProviderErrorCode.isOutOfQuota(json)
        guard status != 200 else { return undersold(said, isQuota) }
        let isTransient = asksForRetry ?? ProviderErrorCode.isTransient(status)
        if isTransient, !isQuota { return later(status, said) }
        let reason = said.isEmpty ? "no reason given" : said
        return .rejected(
            provider: provider, status: status, reason: reason,
            parameter: ProviderErrorCode.parameter(refusedBy: json, of: Self.parameters))
    }

    /// Members of a request that some model or server does not take.
    private static let parameters = ["max_tokens", "max_completion_tokens", "stream_options", "tools"]

    /// Its body; null if that is not JSON, and so adds nothing to its status.
    var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }

    /// An error under a status of success means the status of its code.
    private func undersold(_ said: String, _ isQuota: Bool) -> ModelFailure {
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
