import GuildDomain

/// The effect of each endpoint.
enum GitHubOperations {
    typealias Operation = @Sendable (GitHubCall, GitHubState) throws(GitHubRefusal) -> GitHubAnswer

    private static let longestComment = 65_536
    private static let longestTitle = 256
    private static let mostAssignees = 10

    /// All of GraphQL that is spoken here: `viewer { login databaseId }`.
    static let viewer: Operation = { call, _ throws(GitHubRefusal) in
        guard call.body["query"]?.string?.contains("viewer") == true else {
            return GitHubAnswer(["errors": [["message": "the stand-in knows only the viewer"]]])
        }
        let user = GitHubShapes.user(GitHubState.login)
        return GitHubAnswer(
            ["data": ["viewer": ["login": user["login"] ?? .null, "databaseId": user["id"] ?? .null]]])
    }

    static let readIssue: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let issue = try state.change { contents throws(GitHubRefusal) in try contents.issue(number, of: call.repository)
        }
        return GitHubAnswer(GitHubShapes.issue(issue, in: call.repository))
    }

    static let listIssues: Operation = { call, state throws(GitHubRefusal) in
        let issues = try state.change { contents throws(GitHubRefusal) in
            Array(contents[call.repository].issues.values)
        }
        let descends = call.query.first { $0.name == "direction" }?.value != "asc"
        let sorted = issues.sorted { descends ? $0.createdAt > $1.createdAt : $0.createdAt < $1.createdAt }
        return page(sorted.map { GitHubShapes.issue($0, in: call.repository) }, of: call)
    }

    static let readPull: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let issue = try state.change { contents throws(GitHubRefusal) in try contents.issue(number, of: call.repository)
        }
        if call.accept.contains("diff") { return GitHubAnswer(diff: GitHubShapes.diff(number)) }
        return GitHubAnswer(GitHubShapes.pull(issue, in: call.repository))
    }

    static let listComments: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let comments = try state.change { contents throws(GitHubRefusal) in
            let issue = try contents.issue(number, of: call.repository)
            let repository = contents[call.repository]
            return issue.comments.compactMap { repository.comments[$0] }
        }
        return page(comments.map { GitHubShapes.comment($0, in: call.repository) }, of: call)
    }

    static let createComment: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let body = try commentBody(call)
        let comment = try state.change { contents throws(GitHubRefusal) in
            var issue = try contents.issue(number, of: call.repository)
            let (id, time) = contents.create()
            let comment = GitHubState.Comment(id: id, issue: number, body: body, createdAt: time, updatedAt: time)
            issue.comments.append(id)
            issue.updatedAt = time
            contents.put(issue, in: call.repository)
            contents[call.repository].comments[id] = comment
            return comment
        }
        return GitHubAnswer(
            GitHubShapes.comment(comment, in: call.repository), status: 201,
            effect: effect("comment_created", call, number, [("id", .integer(comment.id)), ("body", .string(body))]))
    }

    static let updateComment: Operation = { call, state throws(GitHubRefusal) in
        let body = try commentBody(call)
        guard let id = call.parameters["id"].flatMap({ Int64($0) }) else { throw .notFound }
        let comment = try state.change { contents throws(GitHubRefusal) in
            guard var comment = contents[call.repository].comments[id] else { throw GitHubRefusal.notFound }
            comment.body = body
            comment.updatedAt = contents.create().at
            contents[call.repository].comments[id] = comment
            return comment
        }
        return GitHubAnswer(
            GitHubShapes.comment(comment, in: call.repository),
            effect: effect(
                "comment_updated", call, comment.issue, [("id", .integer(id)), ("body", .string(body))]))
    }

    static let addLabels: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let names =
            try call.strings("labels", of: "Label") ?? call.body.array?.compactMap { $0.string ?? $0["name"]?.string }
        guard let names, !names.contains("") else { throw .invalid("Label", field: "name") }
        let issue = try change(call, state, number) { issue in
            issue.labels += names.filter { !issue.labels.contains($0) }
        }
        return GitHubAnswer(
            .array(issue.labels.map(GitHubShapes.label)),
            effect: effect("labels_added", call, number, [("labels", .array(names.map { .string($0) }))]))
    }

    static let removeLabel: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let name = call.parameters["name"] ?? ""
        let issue = try change(call, state, number) { issue throws(GitHubRefusal) in
            guard let index = issue.labels.firstIndex(of: name) else {
                throw GitHubRefusal(status: 404, message: "Label does not exist")
            }
            issue.labels.remove(at: index)
        }
        return GitHubAnswer(
            .array(issue.labels.map(GitHubShapes.label)),
            effect: effect("label_removed", call, number, [("label", .string(name))]))
    }

    static let addAssignees: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let logins = try call.strings("assignees", of: "Issue") ?? []
        let issue = try change(call, state, number) { issue in
            issue.assignees += logins.filter { !issue.assignees.contains($0) }
            issue.assignees = Array(issue.assignees.prefix(mostAssignees))
        }
        return GitHubAnswer(
            GitHubShapes.issue(issue, in: call.repository), status: 201,
            effect: effect("assignees_added", call, number, [("assignees", .array(logins.map { .string($0) }))]))
    }

    static let createIssue: Operation = { call, state throws(GitHubRefusal) in
        guard let title = call.body["title"]?.string else {
            throw GitHubRefusal(status: 422, message: "Invalid request.\n\n\"title\" wasn't supplied.")
        }
        guard !title.isEmpty else { throw .invalid("Issue", field: "title") }
        guard title.count <= longestTitle else { throw .invalid("Issue", field: "title", code: "too_long") }
        let labels = try call.strings("labels", of: "Issue") ?? []
        let assignees = try call.strings("assignees", of: "Issue") ?? []
        let issue = try state.change { contents throws(GitHubRefusal) in
            let (id, time) = contents.create()
            var issue = GitHubState.Issue(
                number: id, id: id, title: title, body: call.body["body"]?.string, author: GitHubState.login,
                createdAt: time, updatedAt: time)
            issue.labels = labels
            issue.assignees = assignees
            contents.put(issue, in: call.repository)
            return issue
        }
        return GitHubAnswer(
            GitHubShapes.issue(issue, in: call.repository), status: 201,
            effect: effect(
                "issue_created", call, issue.number,
                [("title", .string(title)), ("body", call.body["body"] ?? .null)]))
    }

    static let createStatus: Operation = { call, state throws(GitHubRefusal) in
        let sha = call.parameters["sha"] ?? ""
        guard sha.utf8.count == 40, sha.allSatisfy({ $0.isHexDigit && $0.isASCII }) else {
            throw GitHubRefusal(status: 422, message: "No commit found for SHA: \(sha)")
        }
        guard let name = call.body["state"]?.string, ["error", "failure", "pending", "success"].contains(name) else {
            throw .invalid("Status", field: "state", code: "custom")
        }
        let (id, time) = try state.change { contents throws(GitHubRefusal) in contents.create() }
        let members = [
            ("sha", JSONValue.string(sha)), ("state", .string(name)), ("context", call.body["context"] ?? .null),
        ]
        return GitHubAnswer(
            GitHubShapes.status(id, at: time, state: name, of: call, sha: sha), status: 201,
            effect: effect("status_created", call, nil, [("id", .integer(id))] + members))
    }

    static let requestReviewers: Operation = { call, state throws(GitHubRefusal) in
        let number = try call.number()
        let people = try call.strings("reviewers", of: "PullRequest") ?? []
        let teams = try call.strings("team_reviewers", of: "PullRequest") ?? []
        let issue = try change(call, state, number) { issue throws(GitHubRefusal) in
            guard !people.contains(issue.author) else {
                throw GitHubRefusal(status: 422, message: "Review cannot be requested from pull request author.")
            }
            issue.reviewers += people.filter { !issue.reviewers.contains($0) }
            issue.teams += teams.filter { !issue.teams.contains($0) }
        }
        return GitHubAnswer(
            GitHubShapes.pull(issue, in: call.repository), status: 201,
            effect: effect("reviewers_requested", call, number, [("reviewers", .array(people.map { .string($0) }))]))
    }

    // MARK: - Parts

    private static func change(
        _ call: GitHubCall, _ state: GitHubState, _ number: Int64,
        _ body: (inout GitHubState.Issue) throws(GitHubRefusal) -> Void
    ) throws(GitHubRefusal) -> GitHubState.Issue {
        try state.change { contents throws(GitHubRefusal) in
            var issue = try contents.issue(number, of: call.repository)
            try body(&issue)
            issue.updatedAt = contents.create().at
            contents.put(issue, in: call.repository)
            return issue
        }
    }

    private static func commentBody(_ call: GitHubCall) throws(GitHubRefusal) -> String {
        guard let body = call.body["body"]?.string, !body.isEmpty else { throw .invalid("IssueComment", field: "body") }
        guard body.count <= longestComment else {
            throw GitHubRefusal(
                status: 422, message: "Validation Failed",
                errors: [.string("body is too long (maximum is \(longestComment) characters)")])
        }
        return body
    }

    private static func effect(
        _ kind: String, _ call: GitHubCall, _ number: Int64?, _ members: [(String, JSONValue)]
    ) -> JSONValue {
        let place: [(String, JSONValue)] = [("kind", .string(kind)), ("repository", .string(call.repository))]
        let issue: [(String, JSONValue)] = number.map { [("number", .integer($0))] } ?? []
        return .object(JSONObject(place + issue + members))
    }

    /// A page of a list, with the links to the others (RFC 8288).
    private static func page(_ elements: [JSONValue], of call: GitHubCall) -> GitHubAnswer {
        let size = call.queryNumber("per_page", default: 30, limit: 100)
        let number = call.queryNumber("page", default: 1, limit: 1_000_000)
        let last = max(1, (elements.count + size - 1) / size)
        var answer = GitHubAnswer(.array(Array(elements.dropFirst((number - 1) * size).prefix(size))))
        let kept = call.query.filter { $0.name != "page" }.map { "\($0.name)=\($0.value)&" }.joined()
        var links: [(page: Int, relation: String)] = []
        if number > 1 { links.append((number - 1, "prev")) }
        if number < last { links += [(number + 1, "next"), (last, "last")] }
        if number > 1 { links.append((1, "first")) }
        let texts = links.map { "<\(call.base)\(call.path)?\(kept)page=\($0.page)>; rel=\"\($0.relation)\"" }
        answer.link = texts.isEmpty ? nil : texts.joined(separator: ", ")
        return answer
    }
}
