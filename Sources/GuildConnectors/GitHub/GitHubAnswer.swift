import GuildDomain
import GuildTransport

/// Reads statuses, limits and messages of GitHub's answers
/// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
enum GitHubAnswer {
    /// How much of GitHub's own message is repeated, in characters.
    private static let messageLimit = 300
    /// What GitHub advises where it refuses a burst and says no time.
    private static let burstDelay = Duration.seconds(60)
    /// A longer wait than this is not believed.
    private static let longestDelay = Duration.seconds(24 * 3600)

    /// Throws unless the status is one of success.
    static func check(
        _ response: HTTPResponse, of operation: String, now: Timestamp, redactor: Redactor
    ) throws(OperationFailure) {
        guard !(200..<300).contains(response.status) else { return }
        let text = message(response).map { ": \($0)" } ?? ""
        let reason = redactor.masked("\(operation): GitHub answers \(response.status)\(text)")
        switch response.status {
        case 408, 409, 425, 429, 500..<600:
            throw .retryable(reason: reason, retryAfter: delay(response, now: now))
        case 403:
            guard let delay = delay(response, now: now) ?? burst(response) else { fallthrough }
            throw .retryable(reason: reason, retryAfter: delay)
        default:
            throw .final(status: response.status, reason: reason)
        }
    }

    static func json(_ response: HTTPResponse, of operation: String) throws(OperationFailure) -> JSONValue {
        if response.body.isEmpty { return .null }
        do throws(JSONParser.Problem) {
            return try JSONParser.parse(response.body)
        } catch {
            throw .final(status: response.status, reason: "\(operation): GitHub's answer is \(error.message)")
        }
    }

    /// GitHub's message, on one line and cut.
    static func message(_ response: HTTPResponse) -> String? {
        // Not JSON is an answer of some proxy, and its text says nothing to us.
        guard let document = try? JSONParser.parse(response.body), let text = document["message"]?.string else {
            return nil
        }
        let details = (document["errors"]?.array ?? []).compactMap { $0["message"]?.string ?? $0["code"]?.string }
        let whole = ([text] + details).joined(separator: "; ")
        return String(whole.map { $0.isNewline ? " " : $0 }.prefix(messageLimit))
    }

    /// The number of the last page in a `Link` header (RFC 8288): `<https://…?page=7>; rel="last"`.
    static func lastPage(_ link: String) -> Int? {
        for part in link.split(separator: ",") where part.contains("rel=\"last\"") {
            let target = part.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
            let query = target.drop { $0 != "?" }.dropFirst()
            let page = query.split(separator: "&").first { $0.hasPrefix("page=") }
            if let page, let number = Int(page.dropFirst("page=".count)), number > 0 { return number }
        }
        return nil
    }

    /// `Retry-After`, or the end of the window where nothing remains of it.
    private static func delay(_ response: HTTPResponse, now: Timestamp) -> Duration? {
        let wait: Duration?
        if let asked = response.headers["Retry-After"].flatMap({ RetryAfter.delay($0, now: now) }) {
            wait = asked
        } else if response.headers["X-RateLimit-Remaining"] == "0" {
            wait = response.headers["X-RateLimit-Reset"].flatMap { Int64($0) }.map { Timestamp(seconds: $0) - now }
        } else {
            wait = nil
        }
        return wait.map { min(max($0, .zero), longestDelay) }
    }

    /// A secondary limit may come without any header; then only its documented message tells it from a refusal.
    private static func burst(_ response: HTTPResponse) -> Duration? {
        message(response)?.lowercased().contains("rate limit") ?? false ? burstDelay : nil
    }
}
