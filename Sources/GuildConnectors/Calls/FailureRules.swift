import GuildDomain
import GuildTransport

/// How a system's answers say that a request failed, and whether to try again.
struct FailureRules: Sendable {
    /// Statuses after which another try may succeed; 5xx are too.
    var transient: Set<Int> = [408, 409, 425, 429]
    /// Statuses that may be a rate limit: then a header of `RateLimitHeaders` says so.
    var limitedByHeader: Set<Int> = []
    /// Statuses that may be a rate limit that only the message tells from other failures.
    var limitedByWords: Set<Int> = []
    /// Words of such a message, in lower case.
    var limitWords: [String] = []
    /// How long to wait if a limit says no time.
    var limitDelay = Duration.seconds(60)
    /// The parts of the system's own message: of a JSON answer, in words for people.
    var message: @Sendable (JSONValue) -> [String] = { document in
        [document["message"]?.string ?? document["error"]?.string].compactMap(\.self)
    }

    /// How much of the system's own message is repeated, in Unicode scalars.
    private static let messageLimit = 600

    /// The failure that an answer means; nil for one of success.
    func failure(
        in response: HTTPResponse, of operation: String, by title: String, limits: RateLimitHeaders, now: Timestamp,
        redactor: Redactor
    ) -> OperationFailure? {
        guard !(200..<300).contains(response.status) else { return nil }
        let said = text(in: response, redactor)
        let reason =
            redactor.masked("\(operation): \(title) answers \(response.status)") + (said.map { ": \($0)" } ?? "")
        let delay = limits.delay(response.headers, now: now)
        let status = response.status
        if transient.contains(status) || (500..<600).contains(status) {
            return .retryable(reason: reason, retryAfter: delay)
        }
        if limitedByHeader.contains(status), let delay { return .retryable(reason: reason, retryAfter: delay) }
        if limitedByWords.contains(status), isLimit(response) {
            return .retryable(reason: reason, retryAfter: limitDelay)
        }
        return .final(status: status, reason: reason)
    }

    /// The system's message on one line; masked, then cut.
    func text(in response: HTTPResponse, _ redactor: Redactor? = nil) -> String? {
        // Not JSON is an answer of some proxy, and its text says nothing to us.
        guard let document = try? JSONParser.parse(response.body) else { return nil }
        let parts = message(document).filter { !$0.isEmpty }
        guard !parts.isEmpty else { return nil }
        let whole = redactor?.masked(parts.joined(separator: "; ")) ?? parts.joined(separator: "; ")
        let line = String(String.UnicodeScalarView(whole.unicodeScalars.prefix(Self.messageLimit)).map(Self.plain))
        return whole.unicodeScalars.count > Self.messageLimit ? line + "…" : line
    }

    private func isLimit(_ response: HTTPResponse) -> Bool {
        guard let text = text(in: response)?.lowercased() else { return false }
        return limitWords.contains { text.contains($0) }
    }

    private static func plain(_ scalar: Unicode.Scalar) -> Character {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            ? " " : Character(scalar)
    }
}
