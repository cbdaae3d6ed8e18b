import GuildDomain
import GuildTransport

/// The rules for every call of GitHub's REST API, version 2022-11-28 (https://docs.github.com/rest).
enum GitHubRules {
    private static let reasonLimit = 20
    /// A longer answer fails; a page of a hundred comments can have 6 MB.
    private static let largestAnswerBytes = 16 << 20

    static func of(_ settings: GitHubSettings) -> CallRules {
        var rules = CallRules(title: "GitHub", baseURL: settings.baseURL)
        rules.authentication = settings.token.map { .bearer($0) } ?? .none
        rules.headers = [
            "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "guild",
        ]
        rules.largestAnswerBytes = largestAnswerBytes
        rules.landingTime = settings.landingTime
        rules.failures = failures
        rules.address = address
        return rules
    }

    /// A secondary limit may come without any header; then only its documented messages tell it from a refusal
    /// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). GitHub advises to wait a minute.
    private static let failures: FailureRules = {
        var failures = FailureRules()
        failures.limitedByHeader = [403]
        failures.limitedByWords = [403, 422]
        failures.limitWords = [
            "rate limit", "submitted too quickly", "abuse detection", "temporarily blocked from content creation",
        ]
        failures.message = { document in
            [document["message"]?.string ?? document["error"]?.string].compactMap(\.self)
                + reasons(document["errors"])
        }
        return failures
    }()

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

    private static let graphQLPath = "/graphql"

    /// A query of the GraphQL API, which has one address.
    static func graphQL(_ query: String) -> HTTPCall {
        HTTPCall("POST", graphQLPath, ["query": .string(query)])
    }

    /// Where a call goes: an Enterprise Server has its REST API at `/api/v3` and GraphQL at `/api/graphql`.
    @Sendable private static func address(_ call: HTTPCall, _ base: String) -> String {
        guard call.path == graphQLPath, base.hasSuffix("/api/v3") else { return base + call.path }
        return String(base.dropLast("/v3".count)) + call.path
    }

    /// GitHub answers 404 both for a label that the issue does not have and for an issue that we may not see; only the
    /// message tells them apart.
    static func isMissingLabel(_ response: HTTPResponse) -> Bool {
        response.status == 404
            && failures.text(in: response)?.lowercased().hasPrefix("label does not exist") ?? false
    }
}
