import GuildDomain

/// The rules of a system's HTTP interface as a whole; `HTTPCaller` applies them to each request.
struct CallRules: Sendable {
    /// The system's name, for messages.
    let title: String
    /// Before the path of each call.
    let baseURL: String
    var authentication = CallAuthentication.none
    /// Sent with each request.
    var headers = Headers()
    /// Carries the identity of a write. A system that does not know it ignores it; a proxy may not.
    var idempotencyHeader: String? = "Idempotency-Key"
    /// A longer answer fails.
    var largestAnswerBytes = 16 << 20
    /// Redirects that one request may lead to, all on the same scheme, host and port.
    var redirectLimit = 3
    /// How long after it was sent a request may still be performed.
    var landingTime = Duration.seconds(15)
    var failures = FailureRules()
    var limits = RateLimitHeaders()
    /// The address of a call; base address and path, unless the system has a rule of its own.
    var address: @Sendable (HTTPCall, _ base: String) -> String = { call, base in base + call.path }

    init(title: String, baseURL: String) {
        self.title = title
        self.baseURL = baseURL
    }

    func address(of call: HTTPCall) -> String {
        address(call, baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL)
    }
}
