import GuildDomain
import GuildTransport

/// Reads statuses, limits and messages of GitHub's answers
/// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
enum GitHubAnswer {
    /// How much of GitHub's own message is repeated, in Unicode scalars.
    private static let messageLimit = 600
    private static let reasonLimit = 20
    /// What GitHub advises where it refuses a burst and says no time.
    private static let burstDelay = Duration.seconds(60)
    /// A longer wait than this is not believed.
    private static let longestDelay = Duration.seconds(24 * 3600)

    /// Throws unless the status is one of success.
    static func check(
        _ response: HTTPResponse, of operation: String, now: Timestamp, redactor: Redactor
    ) throws(OperationFailure) {
        guard !(200..<300).contains(response.status) else { return }
        let said = message(response, redactor)
        let reason = redactor.masked("\(operation): GitHub answers \(response.status)") + (said.map { ": \($0)" } ?? "")
        switch response.status {
        case 408, 409, 425, 429, 500..<600:
            throw .retryable(reason: reason, retryAfter: delay(response, now: now))
        case 403:
            guard let delay = delay(response, now: now) ?? burst(response) else { fallthrough }
            throw .retryable(reason: reason, retryAfter: delay)
        case 422:
            guard let delay = burst(response) else { fallthrough }
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

    /// GitHub's message and its reasons, on one line; masked, then cut.
    static func message(_ response: HTTPResponse, _ redactor: Redactor? = nil) -> String? {
        // Not JSON is an answer of some proxy, and its text says nothing to us.
        guard let document = try? JSONParser.parse(response.body) else { return nil }
        let text = document["message"]?.string ?? document["error"]?.string
        let reasons = reasons(document["errors"])
        let parts = ([text].compactMap { $0 } + reasons).filter { !$0.isEmpty }
        guard !parts.isEmpty else { return nil }
        let whole = redactor?.masked(parts.joined(separator: "; ")) ?? parts.joined(separator: "; ")
        let line = String(String.UnicodeScalarView(whole.unicodeScalars.prefix(messageLimit)).map(Self.plain))
        return whole.unicodeScalars.count > messageLimit ? line + "…" : line
    }

    /// The members of `errors`: texts, or objects that name a field and what is wrong with it.
    private static func reasons(_ errors: JSONValue?) -> [String] {
        if let text = errors?.string { return [text] }
        if let fields = errors?.object {
            // Rails' way: the reasons of each field.
            return fields.members.prefix(reasonLimit).map { member in
                "\(member.key): " + (member.value.string ?? reasons(member.value).joined(separator: ", "))
            }
        }
        return (errors?.array ?? []).prefix(reasonLimit).map { error in
            if let text = error.string { return text }
            let place = [error["resource"]?.string, error["field"]?.string].compactMap { $0 }.joined(separator: ".")
            // `custom` says only that there is a message.
            let code = error["code"]?.string.flatMap { $0 == "custom" ? nil : $0 }
            let what = [code, error["message"]?.string].compactMap { $0 }.joined(separator: ", ")
            let value = error["value"].flatMap { $0.isNull ? nil : " (\($0.string ?? $0.text()))" } ?? ""
            return [place, what].filter { !$0.isEmpty }.joined(separator: " ") + value
        }
    }

    private static func plain(_ scalar: Unicode.Scalar) -> Character {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            ? " " : Character(scalar)
    }

    /// The number of a page in a `Link` header (RFC 8288): `<https://…?page=7>; rel="last"`.
    static func page(_ relation: String, _ link: String) -> Int? {
        for part in link.split(separator: ",") where part.contains("rel=\"\(relation)\"") {
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

    /// A secondary limit may come without any header; then only its documented messages tell it from a refusal.
    private static func burst(_ response: HTTPResponse) -> Duration? {
        guard let text = message(response)?.lowercased() else { return nil }
        return burstWords.contains { text.contains($0) } ? burstDelay : nil
    }

    private static let burstWords = [
        "rate limit", "submitted too quickly", "abuse detection", "temporarily blocked from content creation",
    ]
}
