package import GuildDomain
package import GuildTransport

/// How a provider is reached: address, key, patience. One streaming call is `stream`.
package struct ProviderConnection: Sendable {
    package let provider: String
    let baseURL: String
    private let client: HTTPClient
    private let needsKey: Bool
    private let apiKey: @Sendable () async throws -> String?
    private let timeouts: HTTPTimeouts
    private let time: any TimeSource

    static let longestKeyBytes = 8192

    /// - Parameters:
    ///   - needsKey: whether a call without a key is refused here instead of by the provider.
    ///   - apiKey: asked once a call; its value reaches no error and no log.
    package init(
        provider: String, client: HTTPClient, baseURL: String, needsKey: Bool,
        apiKey: @escaping @Sendable () async throws -> String?, timeouts: HTTPTimeouts,
        time: any TimeSource = SystemTime()
    ) {
        self.provider = provider
        self.client = client
        self.baseURL = baseURL
        self.needsKey = needsKey
        self.apiKey = apiKey
        self.timeouts = timeouts
        self.time = time
    }

    /// The key, without the line's end that a secret from a file has; nil where there is none and none is needed.
    func resolvedKey() async throws(ModelFailure) -> String? {
        let hint = "set api_key in its entry of the LLMRegistry (providers/*.yaml), as in api_key: env://NAME"
        let secret: String?
        do {
            secret = try await apiKey()
        } catch is CancellationError {
            throw .cancelled
        } catch let error as any GuildError {
            throw .notConfigured(provider: provider, reason: error.message, hint: error.hint ?? hint)
        } catch {
            throw .notConfigured(provider: provider, reason: "the API key cannot be resolved", hint: hint)
        }
        var bytes = Array((secret ?? "").utf8)[...]
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        guard !bytes.isEmpty else {
            guard !needsKey else { throw .notConfigured(provider: provider, reason: "no API key", hint: hint) }
            return nil
        }
        guard bytes.count <= Self.longestKeyBytes, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .notConfigured(
                provider: provider,
                reason: "the API key has characters that no key has, a space or a line break perhaps",
                hint: hint)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Posts `body`, feeds the events of the response to `assembly` and returns its turn.
    ///
    /// - Parameters:
    ///   - secret: blotted out of every error, since providers quote keys back.
    ///   - isFinal: whether a refusal with a retryable status is yet for good.
    func stream<Assembly: AnswerStream>(
        to url: String, headers: Headers, body: JSONValue, secret: String?, into assembly: Assembly,
        isFinal: @Sendable (JSONValue) -> Bool = { _ in false }, onDelta: @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn {
        var headers = headers
        headers["content-type"] = "application/json"
        headers["accept"] = "text/event-stream"
        let request = HTTPRequest(
            method: "POST", url: url, headers: headers, body: body.bytes(), timeouts: timeouts,
            responseLimitBytes: AnswerLimits.streamBytes)
        do throws(ModelFailure) {
            let response = try await open(request)
            guard response.status == 200, !Self.isJSON(response.headers) else {
                throw try await refusal(response, isFinal: isFinal)
            }
            return try await read(response, into: assembly, onDelta: onDelta)
        } catch {
            throw Self.blotted(error, secret)
        }
    }

    private func open(_ request: HTTPRequest) async throws(ModelFailure) -> HTTPStream {
        do {
            return try await client.stream(request)
        } catch {
            throw ProviderRefusal.failure(error, provider: provider)
        }
    }

    private func read<Assembly: AnswerStream>(
        _ response: HTTPStream, into assembly: Assembly, onDelta: @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn {
        var assembly = assembly
        var parser = ServerSentEvents(limitBytes: AnswerLimits.eventBytes)
        func take(_ bytes: [UInt8]) throws {
            for event in try parser.push(bytes) where !assembly.isComplete {
                for delta in try assembly.apply(event: event.event, data: event.data) { onDelta(delta) }
            }
        }
        do {
            for try await piece in response.body {
                try take(piece)
                if assembly.isComplete { break }
            }
            // Some servers leave out the empty line after their last event; half an event is not JSON and fails.
            if !assembly.isComplete { try take([0x0A, 0x0A]) }
        } catch {
            // Whole but for its usage: losing an answer that was paid for would help nobody.
            guard assembly.isAnswered, !Task.isCancelled else {
                throw error as? ModelFailure ?? ProviderRefusal.brokenStream(error, provider: provider)
            }
        }
        guard assembly.isComplete || !Task.isCancelled else { throw .cancelled }
        return try assembly.finish()
    }

    /// What a response means that is no stream: an error status, or JSON where events should be.
    private func refusal(
        _ response: HTTPStream, isFinal: @Sendable (JSONValue) -> Bool
    ) async throws(ModelFailure) -> ModelFailure {
        var body: [UInt8] = []
        do {
            for try await chunk in response.body {
                body += chunk.prefix(AnswerLimits.errorBodyBytes - body.count)
                if body.count >= AnswerLimits.errorBodyBytes { break }
            }
        } catch {
            // The status decides; a body that broke off only makes the reason shorter.
            guard !Task.isCancelled else { throw .cancelled }
        }
        let refusal = ProviderRefusal(
            provider: provider, status: response.status, headers: response.headers, body: body, now: time.now)
        return refusal.failure(isFinal: isFinal)
    }

    private static func isJSON(_ headers: Headers) -> Bool {
        headers["content-type"]?.lowercased().hasPrefix("application/json") ?? false
    }

    private static func blotted(_ failure: ModelFailure, _ secret: String?) -> ModelFailure {
        guard let secret, !secret.isEmpty else { return failure }
        func clean(_ text: String) -> String { ProviderWords.blotted(text, secret: secret) }
        return switch failure {
        case .retryable(let provider, let reason, let after):
            .retryable(provider: provider, reason: clean(reason), retryAfter: after)
        case .rejected(let provider, let status, let reason):
            .rejected(provider: provider, status: status, reason: clean(reason))
        case .broken(let provider, let reason): .broken(provider: provider, reason: clean(reason))
        case .notConfigured, .stalled, .replayMiss, .cancelled: failure
        }
    }
}
