import GuildDomain
import GuildTransport

/// The headers by which a system asks its callers to wait: `Retry-After`, and the rest of a window.
struct RateLimitHeaders: Sendable {
    /// How the end of a window is written.
    enum Reset: Sendable {
        /// Seconds since 1970.
        case epochSeconds
        /// Seconds from now.
        case seconds
        /// RFC 3339.
        case timestamp
    }

    var remaining = "X-RateLimit-Remaining"
    var reset = "X-RateLimit-Reset"
    var form = Reset.epochSeconds
    /// A longer wait than this is not believed.
    var longestDelay = Duration.seconds(24 * 3600)

    /// How long the system asks to wait: `Retry-After`, or the end of a window of which nothing remains.
    func delay(_ headers: Headers, now: Timestamp) -> Duration? {
        let wait =
            headers["Retry-After"].flatMap { RetryAfter.delay($0, now: now) }
            ?? (headers[remaining] == "0" ? headers[reset].flatMap { end(of: $0, now: now) } : nil)
        return wait.map { min(max($0, .zero), longestDelay) }
    }

    private func end(of window: String, now: Timestamp) -> Duration? {
        switch form {
        case .epochSeconds: Int64(window).map { Timestamp(seconds: max($0, 0)) - now }
        case .seconds: Int64(window).map { .seconds(min(max($0, 0), Self.longestSeconds)) }
        case .timestamp: Timestamp(rfc3339: window).map { $0 - now }
        }
    }

    /// More than any wait that is believed.
    private static let longestSeconds: Int64 = 1 << 32
}
