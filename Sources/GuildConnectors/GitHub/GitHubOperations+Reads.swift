import GuildDomain

extension GitHubOperations {
    private static let commentsPerPage = 30

    static let reads: [HTTPOperation] = [
        operation(
            "get_issue", "Reads an issue: title, body, state, labels, assignees.",
            given: .init(
                [repository, number], required: ["repository", "number"],
                subject: .direct(argument: "number", joint: "#")),
            request: .read { (arguments) throws(OperationFailure) in HTTPCall(try arguments.issue()) },
            reading: .json { GitHubResult.issue($0) }),
        operation(
            "list_issue_comments", "Reads the comments of an issue or pull request, oldest first, 30 a page.",
            given: .init(
                [repository, number, .integer("page", "The page, from 1.", maximum: 10_000)],
                required: ["repository", "number"], subject: .direct(argument: "number", joint: "#")),
            request: .read { (arguments) throws(OperationFailure) in
                let page = try arguments.optionalNumber("page") ?? 1
                return HTTPCall("\(try arguments.issue())/comments?per_page=\(commentsPerPage)&page=\(page)")
            },
            reading: .json { GitHubResult.comments($0) }),
        operation(
            "get_pull_request", "Reads a pull request: title, body, state, branches, size, whether it can be merged.",
            given: .init(
                [repository, number], required: ["repository", "number"],
                subject: .direct(argument: "number", joint: "#")),
            request: .read { (arguments) throws(OperationFailure) in HTTPCall(try arguments.pullRequest()) },
            reading: .json { GitHubResult.pullRequest($0) }),
        operation(
            "get_pull_request_diff", "Reads the unified diff of a pull request; a long one is cut.",
            given: .init(
                [repository, number], required: ["repository", "number"],
                subject: .direct(argument: "number", joint: "#")),
            request: .read { (arguments) throws(OperationFailure) in
                var call = HTTPCall(try arguments.pullRequest())
                call.headers["Accept"] = "application/vnd.github.diff"
                return call
            },
            reading: .text { GitHubResult.diff(Array($0.utf8)) }),
    ]
}
