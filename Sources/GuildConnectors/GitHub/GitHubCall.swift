import GuildDomain

/// One operation as a request of GitHub's REST API, version 2022-11-28.
struct GitHubCall {
    var method = "GET"
    /// From the slash after the base URL, query included.
    var path: String
    var body: JSONValue?
    var accept = "application/vnd.github+json"

    static let commentsPerPage = 30

    init(_ path: String) { self.path = path }

    private init(_ method: String, _ path: String, _ body: JSONValue? = nil) {
        self.method = method
        self.path = path
        self.body = body
    }

    /// - Parameter action: marks what a write puts on GitHub.
    init(
        _ operation: String, _ arguments: GitHubArguments, action: ActionID?
    ) throws(OperationFailure) {
        if let read = try Self.read(operation, arguments) {
            self = read
            return
        }
        guard let action else { throw arguments.invalid("a write needs the identity of its action") }
        guard let write = try Self.write(operation, arguments, action) else {
            throw .unknownOperation(operation, nearest: nil)
        }
        self = write
    }

    private static func read(
        _ operation: String, _ arguments: GitHubArguments
    ) throws(OperationFailure) -> GitHubCall? {
        switch operation {
        case "github.get_issue": return GitHubCall(try issue(arguments))
        case "github.list_issue_comments":
            let page = try arguments.optionalNumber("page") ?? 1
            return GitHubCall("\(try issue(arguments))/comments?per_page=\(commentsPerPage)&page=\(page)")
        case "github.get_pull_request": return GitHubCall(try pull(arguments))
        case "github.get_pull_request_diff":
            var call = GitHubCall(try pull(arguments))
            call.accept = "application/vnd.github.diff"
            return call
        default: return nil
        }
    }

    private static func write(
        _ operation: String, _ arguments: GitHubArguments, _ action: ActionID
    ) throws(OperationFailure) -> GitHubCall? {
        switch operation {
        case "github.create_issue_comment":
            return GitHubCall("POST", "\(try issue(arguments))/comments", ["body": try marked(arguments, action)])
        case "github.update_issue_comment":
            let comment = try arguments.number("comment_id")
            return GitHubCall(
                "PATCH", "\(try arguments.repository())/issues/comments/\(comment)",
                ["body": try marked(arguments, action)])
        case "github.add_labels":
            let labels = try arguments.strings("labels", longest: GitHubLimit.labelBytes)
            return GitHubCall("POST", "\(try issue(arguments))/labels", ["labels": .array(labels)])
        case "github.remove_label":
            let label = try arguments.text("label", longest: GitHubLimit.labelBytes)
            guard label != ".", label != ".." else { throw arguments.invalid("'label' cannot be '\(label)'") }
            return GitHubCall("DELETE", "\(try issue(arguments))/labels/\(PercentEncoding.segment(label))")
        case "github.add_assignees":
            let people = try arguments.strings("assignees", longest: GitHubLimit.loginBytes)
            return GitHubCall("POST", "\(try issue(arguments))/assignees", ["assignees": .array(people)])
        case "github.create_issue": return try newIssue(arguments, action)
        case "github.set_commit_status": return try status(arguments)
        case "github.request_review":
            var body: JSONObject = [:]
            body["reviewers"] = .array(try arguments.strings("reviewers", longest: GitHubLimit.loginBytes))
            body["team_reviewers"] = try arguments.optionalStrings("team_reviewers", longest: GitHubLimit.loginBytes)
                .map { .array($0) }
            return GitHubCall("POST", "\(try pull(arguments))/requested_reviewers", .object(body))
        default: return nil
        }
    }

    private static func newIssue(
        _ arguments: GitHubArguments, _ action: ActionID
    ) throws(OperationFailure) -> GitHubCall {
        var issue: JSONObject = [:]
        issue["title"] = .string(try arguments.text("title", longest: GitHubLimit.titleBytes))
        issue["body"] = try marked(arguments, action)
        issue["labels"] = try arguments.optionalStrings("labels", longest: GitHubLimit.labelBytes).map { .array($0) }
        issue["assignees"] = try arguments.optionalStrings("assignees", longest: GitHubLimit.loginBytes)
            .map { .array($0) }
        return GitHubCall("POST", "\(try arguments.repository())/issues", .object(issue))
    }

    private static func status(_ arguments: GitHubArguments) throws(OperationFailure) -> GitHubCall {
        let state = try arguments.text("state", longest: 16)
        guard ["error", "failure", "pending", "success"].contains(state) else {
            throw arguments.invalid("'state' must be error, failure, pending or success")
        }
        var status: JSONObject = ["state": .string(state)]
        for (name, longest) in [("context", 255), ("description", 140), ("target_url", 2048)] {
            status[name] = try arguments.optionalText(name, longest: Int64(longest)).map { .string($0) }
        }
        return GitHubCall("POST", "\(try arguments.repository())/statuses/\(try arguments.commit())", .object(status))
    }

    private static func issue(_ arguments: GitHubArguments) throws(OperationFailure) -> String {
        "\(try arguments.repository())/issues/\(try arguments.number())"
    }

    private static func pull(_ arguments: GitHubArguments) throws(OperationFailure) -> String {
        "\(try arguments.repository())/pulls/\(try arguments.number())"
    }

    private static func marked(_ arguments: GitHubArguments, _ action: ActionID) throws(OperationFailure) -> JSONValue {
        let text = try arguments.values["body"].map { (_) throws(OperationFailure) in
            try arguments.text("body", longest: GitHubLimit.bodyBytes)
        }
        if text == nil, arguments.operation != "github.create_issue" { throw arguments.invalid("'body' is missing") }
        return .string(GitHubMarker.marked(text ?? "", action: action))
    }
}
