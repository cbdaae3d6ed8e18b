import GuildDomain

extension GitHubOperations {
    /// Creating a comment or an issue would show if it were done twice; all others end the same when repeated.
    static let writes: [HTTPOperation] = [
        createIssueComment, updateIssueComment, addLabels, removeLabel, addAssignees, createIssue, setCommitStatus,
        requestReview,
    ]

    private static let perPage = GitHubClient.perPage
    /// A label that the repository does not have yet is made.
    private static let labelled = ["issues.labeled", "pull_request.labeled", "label.created"]
    private static let assigned = ["issues.assigned", "pull_request.assigned"]

    private static let createIssueComment = operation(
        "create_issue_comment", "Comments on an issue or pull request.",
        given: .init(
            [repository, number, body],
            required: ["repository", "number", "body"], subject: .direct(argument: "number", joint: "#")),
        request: .write { (arguments, action) throws(OperationFailure) in
            HTTPCall("POST", "\(try arguments.issue())/comments", ["body": try arguments.markedBody(action)])
        },
        reading: .json { GitHubResult.picked($0, ["id", "html_url"]) },
        retry: .marked { (arguments) throws(OperationFailure) in
            MarkSearch(
                list: HTTPCall("\(try arguments.issue())/comments?per_page=\(perPage)"), order: .oldestFirst)
        },
        causes: ["issue_comment.created"],
        counts: { repository, arguments in arguments["number"]?.integer.map { "\(repository)#\($0)" } })

    private static let updateIssueComment = operation(
        "update_issue_comment", "Replaces the text of a comment.",
        given: .init(
            [repository, .integer("comment_id", "The comment's id.", maximum: .max), body],
            required: ["repository", "comment_id", "body"],
            // A comment's id does not say which issue it is on.
            subject: .indirect(argument: "comment_id")),
        request: .write { (arguments, action) throws(OperationFailure) in
            let comment = try arguments.number("comment_id")
            return HTTPCall(
                "PATCH", "\(try arguments.repository())/issues/comments/\(comment)",
                ["body": try arguments.markedBody(action)])
        },
        reading: .json { GitHubResult.picked($0, ["id", "html_url"]) }, causes: ["issue_comment.edited"])

    private static let addLabels = operation(
        "add_labels", "Adds labels to an issue or pull request.",
        given: .init(
            [repository, number, labels],
            required: ["repository", "number", "labels"], subject: .direct(argument: "number", joint: "#")),
        request: .write { (arguments, _) throws(OperationFailure) in
            HTTPCall("POST", "\(try arguments.issue())/labels", ["labels": .array(try arguments.labels())])
        },
        reading: .json { GitHubResult.labels($0) }, causes: labelled)

    private static let removeLabel = operation(
        "remove_label", "Removes one label from an issue or pull request.",
        given: .init(
            [repository, number, .text("label", "The label's name.", longest: GitHubLimit.labelBytes)],
            required: ["repository", "number", "label"], subject: .direct(argument: "number", joint: "#")),
        request: .write { (arguments, _) throws(OperationFailure) in
            let label = try arguments.text("label", longest: GitHubLimit.labelBytes)
            guard label != ".", label != ".." else { throw arguments.invalid("'label' cannot be '\(label)'") }
            return HTTPCall("DELETE", "\(try arguments.issue())/labels/\(PercentEncoding.segment(label))")
        },
        reading: .json { GitHubResult.labels($0) }, causes: ["issues.unlabeled", "pull_request.unlabeled"]
    ).settling { response in
        GitHubRules.isMissingLabel(response) ? ["labels": [], "note": "the label was not there"] : nil
    }

    private static let addAssignees = operation(
        "add_assignees", "Assigns people to an issue or pull request.",
        given: .init(
            [repository, number, logins("assignees")],
            required: ["repository", "number", "assignees"], subject: .direct(argument: "number", joint: "#")),
        request: .write { (arguments, _) throws(OperationFailure) in
            let people = try arguments.logins("assignees")
            return HTTPCall("POST", "\(try arguments.issue())/assignees", ["assignees": .array(people)])
        },
        reading: .json { GitHubResult.assignees($0) }, causes: assigned)

    private static let createIssue = operation(
        "create_issue", "Opens an issue.",
        given: .init(
            [
                repository, .text("title", "One line.", longest: GitHubLimit.titleBytes), body, labels,
                logins("assignees"),
            ], required: ["repository", "title"], subject: .new),
        request: .write { (arguments, action) throws(OperationFailure) in
            var issue: JSONObject = [:]
            issue["title"] = .string(try arguments.text("title", longest: GitHubLimit.titleBytes))
            let text = try arguments.values["body"] == nil ? "" : arguments.text("body", longest: GitHubLimit.bodyBytes)
            issue["body"] = .string(GitHubMarker.marked(text, action: action))
            if arguments.values["labels"] != nil { issue["labels"] = .array(try arguments.labels()) }
            if arguments.values["assignees"] != nil {
                issue["assignees"] = .array(try arguments.logins("assignees"))
            }
            return HTTPCall("POST", "\(try arguments.repository())/issues", .object(issue))
        },
        reading: .json { GitHubResult.picked($0, ["id", "number", "html_url"]) },
        retry: .marked { (arguments) throws(OperationFailure) in
            let query = "state=all&sort=created&direction=desc&per_page=\(perPage)"
            return MarkSearch(list: HTTPCall("\(try arguments.repository())/issues?\(query)"), order: .newestFirst)
        },
        causes: ["issues.opened"] + labelled + assigned, counts: { repository, _ in repository })

    private static let setCommitStatus = operation(
        "set_commit_status", "Sets the status of a commit in one context.",
        given: .init(
            [
                repository, .text("sha", "The commit's full SHA.", longest: 64, shortest: 40),
                .choice("state", states),
                .text("context", "The name of the check; default 'default'.", longest: 255),
                .text("description", "One short sentence.", longest: 140),
                .text("target_url", "Where the details are.", longest: 2048),
            ], required: ["repository", "sha", "state"],
            // A check's event is about its commit; a pull request's is not, and which commits are its own is not asked.
            subject: .direct(argument: "sha", joint: "@")),
        request: .write { (arguments, _) throws(OperationFailure) in
            let state = try arguments.text("state", longest: 16)
            guard states.contains(state) else {
                throw arguments.invalid("'state' must be error, failure, pending or success")
            }
            var status: JSONObject = ["state": .string(state)]
            for (name, longest) in [("context", 255), ("description", 140), ("target_url", 2048)] {
                status[name] = try arguments.optionalText(name, longest: Int64(longest)).map { .string($0) }
            }
            return HTTPCall(
                "POST", "\(try arguments.repository())/statuses/\(try arguments.commit())", .object(status))
        },
        reading: .json { GitHubResult.picked($0, ["id", "state", "context"]) }, causes: ["status"])

    private static let states = ["error", "failure", "pending", "success"]

    private static let requestReview = operation(
        "request_review", "Asks people or teams to review a pull request.",
        given: .init(
            [repository, number, logins("reviewers", fewest: 0), logins("team_reviewers", "Slugs of teams.")],
            required: ["repository", "number", "reviewers"], subject: .direct(argument: "number", joint: "#")),
        request: .write { (arguments, _) throws(OperationFailure) in
            var body: JSONObject = [:]
            body["reviewers"] = .array(try arguments.logins("reviewers"))
            if arguments.values["team_reviewers"] != nil {
                body["team_reviewers"] = .array(try arguments.logins("team_reviewers"))
            }
            return HTTPCall("POST", "\(try arguments.pullRequest())/requested_reviewers", .object(body))
        },
        reading: .json { GitHubResult.review($0) }, causes: ["pull_request.review_requested"])
}
