import GuildDomain
import GuildHTTP

extension StandIn {
    /// The part of GitHub's REST API that agents use.
    var githubRoutes: [Route] {
        let repository = "/repos/:owner/:repo"
        let issue = repository + "/issues/:number"
        let user: GitHubOperations.Operation = { _, _ in GitHubAnswer(GitHubShapes.user(GitHubState.login)) }
        let missing: GitHubOperations.Operation = { _, _ throws(GitHubRefusal) in throw .notFound }
        let methods: [Route.Method] = [.get, .post, .put, .patch, .delete]
        return [
            github(.get, "/user", "The token's owner", user),
            github(.post, "/graphql", "The token's owner, by GraphQL", GitHubOperations.viewer),
            github(.get, repository + "/issues", "The issues", GitHubOperations.listIssues),
            github(.post, repository + "/issues", "Opens an issue", GitHubOperations.createIssue),
            github(.get, issue, "An issue", GitHubOperations.readIssue),
            github(.get, issue + "/comments", "An issue's comments", GitHubOperations.listComments),
            github(.post, issue + "/comments", "Comments on an issue", GitHubOperations.createComment),
            github(.patch, repository + "/issues/comments/:id", "Edits a comment", GitHubOperations.updateComment),
            github(.post, issue + "/labels", "Adds labels", GitHubOperations.addLabels),
            github(.delete, issue + "/labels/:name", "Removes a label", GitHubOperations.removeLabel),
            github(.post, issue + "/assignees", "Adds assignees", GitHubOperations.addAssignees),
            github(.get, repository + "/pulls/:number", "A pull request or its diff", GitHubOperations.readPull),
            github(
                .post, repository + "/pulls/:number/requested_reviewers", "Asks for reviews",
                GitHubOperations.requestReviewers),
            github(.post, repository + "/statuses/:sha", "Sets a commit's status", GitHubOperations.createStatus),
        ] + methods.map { github($0, "/repos/**", "What is not here", missing) }
    }

    private func github(
        _ method: Route.Method, _ path: String, _ summary: String, _ operation: @escaping GitHubOperations.Operation
    ) -> Route {
        Route(method, path, access: .open, summary: summary, bodyLimitBytes: 1 << 20) { [self] request in
            let step = script.step(for: request)
            if let step, !step.isAfterEffect, let early = try await interfere(step, request) { return early }
            let answer: GitHubAnswer
            do {
                answer = try operation(try Self.call(request), github)
            } catch let refusal as GitHubRefusal {
                try log.record("github", request)
                return githubReply(refusal)
            }
            try log.record("github", request, effects: answer.effect.map { [$0] } ?? [])
            if let step, step.isAfterEffect, let late = try await interfere(step, request, isLogged: true) {
                return late
            }
            return githubReply(answer)
        }
    }

    /// - Returns: the reply in place of GitHub's answer; nil if the step only delayed it.
    private func interfere(_ step: ScriptEntry, _ request: Request, isLogged: Bool = false) async throws -> Reply? {
        if let delay = step.delay, !isInstant { try await Task.sleep(for: delay) }
        if let gate = step.gate { try await gates.pass(gate) }
        guard let fault = step.fault else { return nil }
        if !isLogged { try log.record("github", request) }
        switch fault {
        case .stall: try await gates.stall()
        case .truncate, .garbage:
            let delivery = Delivery(pieces: [Array("{\"id\": 1001, \"node_id\"".utf8)], step: step, gates: gates)
            return try await delivery.whole(headers: githubHeaders)
        case .http(let status, let retryAfter):
            var reply = githubReply(GitHubRefusal(status: status, message: "Scripted"))
            if let retryAfter { reply.headers["retry-after"] = String(retryAfter) }
            return reply
        }
    }

    private static func call(_ request: Request) throws -> GitHubCall {
        guard request.headers["user-agent"] != nil else {
            throw GitHubRefusal(
                status: 403,
                message: "Request forbidden by administrative rules. Please make sure your request has a "
                    + "User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api"
                    + "#user-agent-required). Check https://developer.github.com for other possible causes.")
        }
        guard let authorization = request.headers["authorization"] else {
            throw GitHubRefusal(status: 401, message: "Requires authentication")
        }
        guard authorization.hasPrefix("Bearer "), authorization.count > "Bearer ".count else {
            throw GitHubRefusal(status: 401, message: "Bad credentials")
        }
        let repository = request.parameters["repo"] ?? ""
        guard repository != "missing" else { throw GitHubRefusal.notFound }
        var body = JSONValue.null
        if !request.body.isEmpty {
            guard let parsed = try? JSONParser.parse(request.body) else {  // Their message does not say why either.
                throw GitHubRefusal(status: 400, message: "Problems parsing JSON")
            }
            body = parsed
        }
        return GitHubCall(
            repository: "\(request.parameters["owner"] ?? "")/\(repository)", parameters: request.parameters,
            query: request.query, accept: request.headers["accept"] ?? "",
            base: "http://\(request.headers["host"] ?? "127.0.0.1")", path: request.path, body: body)
    }

    private func githubReply(_ answer: GitHubAnswer) -> Reply {
        var headers = githubHeaders
        if let link = answer.link { headers["link"] = link }
        switch answer.body {
        case .json(let value): return .json(value, status: answer.status, headers: headers)
        case .diff(let text):
            headers["content-type"] = "application/vnd.github.diff; charset=utf-8"
            return Reply(status: answer.status, headers: headers, body: .bytes(Array(text.utf8)))
        }
    }

    private func githubReply(_ refusal: GitHubRefusal) -> Reply {
        var members: [(String, JSONValue)] = [("message", .string(refusal.message))]
        if !refusal.errors.isEmpty { members.append(("errors", .array(refusal.errors))) }
        members += [
            ("documentation_url", "https://docs.github.com/rest"), ("status", .string(String(refusal.status))),
        ]
        return .json(.object(JSONObject(members)), status: refusal.status, headers: githubHeaders)
    }

    private var githubHeaders: Headers {
        [
            "content-type": "application/json; charset=utf-8", "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": "2022-11-28", "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4999",
            "x-ratelimit-used": "1", "x-ratelimit-resource": "core",
            "x-github-request-id": "STANDIN:\(nextSerial())",
        ]
    }
}
