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

    /// A provider that asks for more patience is taken at this.
    static let longestDelay = Duration.seconds(86_400)

    /// Anthropic's overload has a status of its own.
    private static let overloaded = 529

    /// - Parameter isFinal: asked with the body where the status alone says to try again.
    func failure(isFinal: (JSONValue) -> Bool) -> ModelFailure {
        let said = ProviderWords.reason(body: body)
        guard status != 200 else {
            // Not JSON at all would be a broken promise of the content type; both end alike.
            let error = (try? JSONParser.parse(body)).flatMap(ProviderWords.reason)
            return error.map { .rejected(provider: provider, status: status, reason: ProviderWords.excerpt($0)) }
                ?? .broken(provider: provider, reason: "the answer is JSON where a stream of events was asked for")
        }
        let isTransient = status == 429 || [500, 502, 503, 504, Self.overloaded].contains(status)
        // A body that is not JSON cannot say that the refusal is for good.
        let saysFinal = (try? JSONParser.parse(body)).map(isFinal) ?? false
        guard isTransient, !saysFinal else { return .rejected(provider: provider, status: status, reason: said) }
        let reason = said.isEmpty ? "status \(status)" : "status \(status): \(said)"
        return .retryable(provider: provider, reason: reason, retryAfter: delay)
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
