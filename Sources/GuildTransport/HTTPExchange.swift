package import GuildDomain

/// A request that leaves this process.
package struct HTTPRequest: Sendable {
    /// The method in capitals.
    package var method: String
    /// The absolute http or https URL.
    package var url: String
    /// The header fields, besides those that curl sets.
    package var headers: Headers
    /// The body; empty for none.
    package var body: [UInt8]
    /// How long each phase may take.
    package var timeouts: HTTPTimeouts
    /// A longer response body fails with `HTTPFailure.bodyTooLarge`.
    package var responseLimitBytes: Int
    /// Which addresses the host may have; give `.publicOnly` to a URL that came from outside.
    package var addressPolicy: AddressPolicy

    package init(
        method: String = "GET", url: String, headers: Headers = Headers(), body: [UInt8] = [],
        timeouts: HTTPTimeouts = HTTPTimeouts(), responseLimitBytes: Int = 16 << 20,
        addressPolicy: AddressPolicy = .any
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.responseLimitBytes = responseLimitBytes
        self.addressPolicy = addressPolicy
    }
}

/// How long each part of an exchange may take.
package struct HTTPTimeouts: Sendable, Hashable {
    /// The longest time to connect.
    package var connect: Duration
    /// From the request's end to the first byte of the response's head.
    package var firstByte: Duration
    /// Between two pieces of the response.
    package var idle: Duration
    /// The whole exchange; nil has no limit of its own.
    package var total: Duration?

    package init(
        connect: Duration = .seconds(10), firstByte: Duration = .seconds(60), idle: Duration = .seconds(60),
        total: Duration? = .seconds(300)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.total = total
    }
}

/// A response read whole.
package struct HTTPResponse: Sendable {
    /// The HTTP status.
    package var status: Int
    /// The header fields of the final head.
    package var headers: Headers
    /// The whole body.
    package var body: [UInt8]

    package init(status: Int, headers: Headers, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why an exchange did not complete. A status such as 500 is a response, not a failure.
package enum HTTPFailure: GuildError, Equatable {
    case invalidURL(String)
    /// The method, a header or the body cannot be sent as given.
    case invalidRequest(String)
    /// The address is refused by policy or by the URL's scheme.
    case forbiddenAddress(String)
    case resolve(host: String)
    case connect(host: String, reason: String)
    case tls(host: String, reason: String)
    /// `phase` is connect, first byte, idle or total.
    case timeout(host: String, phase: String)
    case bodyTooLarge(limitBytes: Int)
    /// The peer closed before the response was complete, or broke the protocol.
    case truncated(host: String, reason: String)
    /// More exchanges wait than `HTTPClientSettings.maximumWaiting` permits.
    case overloaded(limit: Int)
    case cancelled

    package var kind: ErrorKind {
        switch self {
        case .cancelled: .interrupted
        case .invalidRequest: .usage
        default: .unavailable
        }
    }

    package var message: String {
        switch self {
        case .invalidURL(let url): "'\(url)' is not an http or https URL"
        case .invalidRequest(let reason): "the HTTP request cannot be sent: \(reason)"
        case .forbiddenAddress(let address): "requests to \(address) are not allowed"
        case .resolve(let host): "\(host): no such host"
        case .connect(let host, let reason): "\(host): cannot connect: \(reason)"
        case .tls(let host, let reason): "\(host): TLS: \(reason)"
        case .timeout(let host, let phase): "\(host): timed out (\(phase))"
        case .bodyTooLarge(let limit): "the response is larger than \(limit) bytes"
        case .truncated(let host, let reason): "\(host): the response broke off: \(reason)"
        case .overloaded(let limit): "\(limit) HTTP requests are already waiting"
        case .cancelled: "cancelled"
        }
    }

    package var hint: String? { nil }
}
