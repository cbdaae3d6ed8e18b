import GuildDomain

/// The parts of a payload that go into the envelope.
struct GitHubPayload {
    let type: String
    let source: String
    let subject: String?
    let guildEvent: String?
    /// Whether another delivery with the same bytes can be another event.
    let canRepeat: Bool
    let containers: [Container]

    private static let user: JSONSelection = ["login": .whole, "type": .whole, "id": .whole]
    private static let text: JSONSelection = [
        "id": .whole, "body": .whole, "number": .whole, "user": user, "author_association": .whole,
    ]
    private static let check: JSONSelection = [
        "head_sha": .whole, "conclusion": .whole, "pull_requests": .whole, "actor": user,
        "head_repository": ["id": .whole],
    ]

    /// All that is read of a payload, here, by `GitHubEventType`, `GitHubOwnership` and `GitHubSender`.
    static let selection = envelope.joined(by: GitHubEventType.selection)

    private static let envelope: JSONSelection = [
        "action": .whole, "ref": .whole, "sha": .whole, "sender": user, "organization": user,
        "repository": ["full_name": .whole, "id": .whole], "branches": .whole, "installation": ["account": user],
        "pull_request": [
            "body": .whole, "number": .whole, "merged": .whole, "user": user, "author_association": .whole,
        ],
        "issue": text, "discussion": text, "comment": text, "review": text,
        "check_run": check, "check_suite": check, "workflow_run": check, "workflow_job": check,
    ]

    init(event: String, data: JSONValue) throws(WebhookRefusal) {
        let action = try Self.name(data["action"], "action")
        let known = GitHubEventType.named(event)
        try known?.check(data, action: action)
        canRepeat = known?.canRepeat(action: action) ?? false
        let repository = try Self.repository(data)
        let owner = try Self.name(
            data["organization"]?["login"] ?? data["installation"]?["account"]?["login"], "organization.login")
        type = action.map { "\(event).\($0)" } ?? event
        source = "/github" + ((repository ?? owner).map { "/\($0)" } ?? "")
        subject = try repository.map { (repository) throws(WebhookRefusal) in
            repository + (try Self.within(event: event, data: data) ?? "")
        }
        guildEvent = Self.guildEvent(event: event, action: action, data: data)
        containers = GitHubContainment.containers(repository: repository)
    }

    /// The part of the subject after the repository.
    private static func within(event: String, data: JSONValue) throws(WebhookRefusal) -> String? {
        switch event {
        case "push": return try name(data["ref"], "ref").map { "@\($0)" }
        case "check_run", "check_suite", "workflow_run", "workflow_job":
            return try name(data[event]?["head_sha"], "\(event).head_sha").map { "@\($0)" }
        case "status": return try name(data["sha"], "sha").map { "@\($0)" }
        default:
            for holder in ["pull_request", "issue", "discussion"] {
                if let number = data[holder]?["number"]?.integer { return "#\(number)" }
            }
            return nil
        }
    }

    /// By type, all that `guildEvent` gives.
    static let guildEvents: [String: [String]] = [
        "pull_request": ["PR_OPENED", "PR_MERGED", "PR_CLOSED", "PR_UPDATED"], "push": ["PUSH_RECEIVED"],
        "issues": ["ISSUE_OPENED"], "check_run": ["CHECK_FAILED"], "check_suite": ["CHECK_FAILED"],
        "workflow_run": ["CHECK_FAILED"],
    ]

    private static func guildEvent(event: String, action: String?, data: JSONValue) -> String? {
        switch (event, action) {
        case ("pull_request", "opened"): return "PR_OPENED"
        case ("pull_request", "closed"):
            return data["pull_request"]?["merged"]?.bool == true ? "PR_MERGED" : "PR_CLOSED"
        case ("pull_request", "synchronize"), ("pull_request", "edited"): return "PR_UPDATED"
        case ("push", _): return "PUSH_RECEIVED"
        case ("issues", "opened"): return "ISSUE_OPENED"
        case ("check_run", "completed"), ("check_suite", "completed"), ("workflow_run", "completed"):
            let conclusion = data[event]?["conclusion"]?.string
            return conclusion == "failure" || conclusion == "timed_out" ? "CHECK_FAILED" : nil
        default: return nil
        }
    }

    private static func repository(_ data: JSONValue) throws(WebhookRefusal) -> String? {
        let path = "repository.full_name"
        guard let name = try name(data["repository"]?["full_name"], path) else { return nil }
        guard
            name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(\.count).min() ?? 0 > 0,
            name.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1, !name.utf8.contains(0x20)
        else { throw .malformedPayload("'\(path)' is not OWNER/REPO") }
        return name
    }

    /// A name of 1 to `longestName` bytes without control characters; nil if there is none.
    private static func name(_ value: JSONValue?, _ path: String) throws(WebhookRefusal) -> String? {
        guard let text = value?.string, !text.isEmpty else { return nil }
        guard text.utf8.count <= GitHubNormaliser.longestName, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .malformedPayload(
                "'\(path)' is longer than \(GitHubNormaliser.longestName) bytes or has control characters")
        }
        return text
    }
}
