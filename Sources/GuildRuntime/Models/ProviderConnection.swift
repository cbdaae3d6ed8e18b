package import GuildConnectors
package import GuildDomain
package import GuildTransport

/// How a provider is reached: address, key, patience. One streaming call is `stream`.
package struct ProviderConnection: Sendable {
    /// The provider's name in the registry.
    package let provider: String
    let baseURL: String
    private let client: HTTPClient
    private let needsKey: Bool
    private let apiKey: @Sendable () async throws -> String?
    private let timeouts: HTTPTimeouts
    private let time: any TimeSource
    /// Masks a provider's text before any of it is cut.
    let redactor: Redactor

    static let longestKeyBytes = 8192
    /// How often one call may be corrected.
    private static let correctionLimit = 2
    /// How long to wait for an end mark after a complete answer.
    private static let endGrace = Duration.seconds(3)

    /// The part of a response that has arrived.
    private struct Received {
        var bytes = 0
        /// All of it, until an event came.
        var unread: [UInt8] = []
        var hasEvents = false
    }

    /// - Parameters:
    ///   - needsKey: whether a call without a key is refused here instead of by the provider.
    ///   - apiKey: asked once a call; its value reaches no error and no log.
    package init(
        provider: String, client: HTTPClient, baseURL: String, needsKey: Bool,
        apiKey: @escaping @Sendable () async throws -> String?, timeouts: HTTPTimeouts,
        time: any TimeSource = SystemTime(), redactor: Redactor = Redactor()
    ) {
        self.provider = provider
        self.client = client
        self.baseURL = baseURL
        self.needsKey = needsKey
        self.apiKey = apiKey
        self.timeouts = timeouts
        self.time = time
        self.redactor = redactor
    }

    /// The key, without the line end of a secret file; nil if there is none and none is needed.
    func resolvedKey() async throws(ModelFailure) -> String? {
        let hint = "set api_key in its entry of the LLMRegistry (providers/*.yaml), as in api_key: env://NAME"
        let secret: String?
        do {
            secret = try await apiKey()
        } catch is CancellationError {
            throw .cancelled
        } catch let error as any GuildError where error.kind == .refused {
            throw .untrusted(provider: provider, reason: error.message, hint: error.hint ?? hint)
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
                reason: "the API key has invalid characters, perhaps a space or a line break",
                hint: hint)
        }
        redactor.learn(Secret(bytes: Array(bytes)))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Posts `body`, feeds the events of the response to `assembly` and returns its turn.
    ///
    /// - Parameters:
    ///   - request: what `body` asks, for its limits and for how it was masked.
    ///   - correct: asked with what a 400 says; the body to send instead, or nil.
    /// - Throws: `billed` where the provider said what the call used before it failed.
    func stream<Assembly: AnswerStream>(
        to url: String, headers: Headers, body: JSONValue, of request: ModelRequest, into assembly: Assembly,
        correct: (JSONValue) -> JSONValue? = { _ in nil }, onDelta: @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn {
        var headers = headers
        headers["content-type"] = "application/json"
        headers["accept"] = "text/event-stream"
        var call = HTTPRequest(
            method: "POST", url: url, headers: headers, body: bytes(of: body, masked: request.maskedAs),
            timeouts: timeouts, responseLimitBytes: AnswerLimits.streamBytes)
        let response = try await open(&call, correct)
        var assembly = assembly
        var received = Received()
        var ended = await read(response, into: &assembly, &received, onDelta: onDelta)
        if !received.hasEvents, ended != .cancelled {
            let answer = UnstreamedAnswer(
                provider: provider, headers: response.headers, body: received.unread, now: time.now, redactor: redactor)
            ended = ended.map { answer.isPage ? answer.foreign : $0 } ?? answer.read(into: &assembly, onDelta: onDelta)
        }
        let bounds = UsageBounds(
            requestBytes: call.body.count, outputLimit: request.outputLimit,
            inputLimit: request.reservedInputTokens ?? .max,
            receivedBytes: received.bytes, contentBytes: assembly.contentBytes)
        do throws(ModelFailure) {
            if let ended { throw ended }
            var turn = try assembly.finish().masked(by: redactor)
            let usage = bounds.judge(assembly.reportedUsage)
            turn.usage = usage.tokens
            turn.isUsageEstimated = usage.isEstimate
            turn.usageDoubt = usage.doubt
            return turn
        } catch {
            guard let reported = assembly.reportedUsage else { throw error }
            throw .billed(error, usage: bounds.judge(reported))
        }
    }

    /// The response with a stream, at the first try or by a corrected request.
    private func open(
        _ request: inout HTTPRequest, _ correct: (JSONValue) -> JSONValue?
    ) async throws(ModelFailure) -> HTTPStream {
        var corrections = 0
        while true {
            let response = try await send(request)
            guard response.status != 200 else { return response }
            let refusal = try await refusal(response)
            guard response.status == 400, corrections < Self.correctionLimit, let body = correct(refusal.json) else {
                throw refusal.failure()
            }
            corrections += 1
            request.body = redactor.maskedData(body).bytes()
        }
    }

    /// The key may be known only since this call: what was built before it may hold it.
    private func bytes(of body: JSONValue, masked mark: Redactor.Mark?) -> [UInt8] {
        (mark == redactor.mark ? body : redactor.maskedData(body)).bytes()
    }

    private func send(_ request: HTTPRequest) async throws(ModelFailure) -> HTTPStream {
        do {
            return try await client.stream(request)
        } catch {
            throw ProviderRefusal.failure(error, provider: provider)
        }
    }

    /// Feeds the response to `assembly`.
    ///
    /// - Returns: why there is no answer; nil if the assembly knows.
    private func read<Assembly: AnswerStream>(
        _ response: HTTPStream, into assembly: inout Assembly, _ received: inout Received,
        onDelta: @Sendable (ModelDelta) -> Void
    ) async -> ModelFailure? {
        var parser = ServerSentEvents(limitBytes: AnswerLimits.eventBytes)
        var deltas = MaskedDeltas(redactor)
        func take(_ bytes: [UInt8]) throws {
            // An event without data keeps the connection alive.
            for event in try parser.push(bytes) where !assembly.isComplete && !event.data.allSatisfy(\.isWhitespace) {
                received.hasEvents = true
                received.unread = []
                for delta in try assembly.apply(event: event.event, data: event.data) {
                    deltas.push(delta).forEach(onDelta)
                }
            }
        }
        var answeredAt: Timestamp?
        do {
            for try await piece in response.body {
                received.bytes += piece.count
                if !received.hasEvents {
                    received.unread += piece.prefix(AnswerLimits.answerBytes - received.unread.count)
                }
                try take(piece)
                if assembly.isComplete { break }
                guard assembly.isAnswered else { continue }
                // Some servers keep the connection after the answer, and alive.
                let since = answeredAt ?? time.now
                answeredAt = since
                if time.now - since >= Self.endGrace { break }
            }
            // Some servers leave out the empty line after their last event; half an event is not JSON and fails.
            if !assembly.isComplete { try take([0x0A, 0x0A]) }
        } catch {
            // Complete except for its usage: losing a paid answer would help nobody.
            guard assembly.isAnswered, !Task.isCancelled else {
                return error as? ModelFailure ?? ProviderRefusal.brokenStream(error, provider: provider)
            }
        }
        guard assembly.isComplete || !Task.isCancelled else { return .cancelled }
        deltas.finish().forEach(onDelta)
        return nil
    }

    /// The meaning of an unsuccessful response.
    private func refusal(_ response: HTTPStream) async throws(ModelFailure) -> ProviderRefusal {
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
        return ProviderRefusal(
            provider: provider, status: response.status, headers: response.headers, body: body, now: time.now,
            redactor: redactor)
    }
}
