package import GuildDomain

/// The answer to a sender. The gateway puts it on the wire.
package struct WebhookReply: Sendable, Equatable {
    /// The body of an answer, before it is encoded.
    package enum Body: Sendable, Equatable {
        case none
        case json(JSONValue)
        case text(String)
        /// RFC 9457; nothing of it is secret.
        case problem(title: String, detail: String?)
    }

    /// The status code.
    package var status: Int
    /// The headers beside those of the body.
    package var headers: Headers
    /// The body; `none` for an empty one.
    package var body: Body

    package init(_ status: Int, headers: Headers = Headers(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The outcome of a delivery.
package enum WebhookOutcome: Sendable {
    /// Every event of it is durable, and at least one is new.
    case accepted([EventID])
    /// All of it was taken before.
    case duplicate([EventID])
    /// Forged, stale or unsigned: the answer to the sender does not say which.
    case unauthorized
    /// Authentic, and no event.
    case malformed(WebhookRefusal)
    /// Larger than this endpoint takes, in bytes.
    case tooLarge(limit: Int)
    /// No secret of the endpoint can be had: it is closed, never open.
    case notConfigured
    /// The queue is full.
    case busy
    /// Over the endpoint's rate.
    case limited(wait: Duration)

    private static let busySeconds = 5
    private static let notConfiguredSeconds = 60

    /// The reply that most senders understand.
    package var usualReply: WebhookReply {
        switch self {
        case .accepted(let ids): .taken(202, ids, "accepted")
        case .duplicate(let ids): .taken(200, ids, "duplicate")
        case .unauthorized: .refused(401, "Unauthorized")
        case .malformed(let refusal): .refused(400, "Bad webhook", detail: refusal.message)
        case .tooLarge(let limit):
            .refused(413, "Payload too large", detail: "this endpoint accepts at most \(limit) bytes")
        case .notConfigured: .refused(503, "Not configured", retryAfterSeconds: Self.notConfiguredSeconds)
        case .busy: .refused(503, "The queue is full", retryAfterSeconds: Self.busySeconds)
        case .limited(let wait): .refused(429, "Too many requests", retryAfterSeconds: Self.seconds(wait))
        }
    }

    /// Rounded up, at least one.
    private static func seconds(_ wait: Duration) -> Int {
        Int(max(1, (wait.microseconds + 999_999) / 1_000_000))
    }
}

extension WebhookReply {
    /// The answer to a sender that tries whether we are there.
    package static let pong = WebhookReply(200, body: .json(["status": "pong"]))

    /// The ids of the accepted events: `id`, or `ids` of several.
    fileprivate static func taken(_ status: Int, _ ids: [EventID], _ word: String) -> WebhookReply {
        let names = ids.map { JSONValue.string($0.description) }
        let taken: (String, JSONValue) = names.count == 1 ? ("id", names[0]) : ("ids", .array(names))
        return WebhookReply(status, body: .json(.object(JSONObject([taken, ("status", .string(word))]))))
    }

    fileprivate static func refused(
        _ status: Int, _ title: String, detail: String? = nil, retryAfterSeconds: Int? = nil
    ) -> WebhookReply {
        let headers = Headers(retryAfterSeconds.map { [("retry-after", String($0))] } ?? [])
        return WebhookReply(status, headers: headers, body: .problem(title: title, detail: detail))
    }
}
