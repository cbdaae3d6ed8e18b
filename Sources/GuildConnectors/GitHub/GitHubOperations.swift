package import GuildDomain

/// What an agent can do on GitHub (https://docs.github.com/rest), as the model sees it.
package enum GitHubOperations {
    package static let all: [Operation] = reads + writes

    private static let reads: [Operation] = [
        read(
            "get_issue", "Reads an issue: title, body, state, labels, assignees.",
            [repository, number], required: ["repository", "number"]),
        read(
            "list_issue_comments", "Reads the comments of an issue or pull request, oldest first, 30 a page.",
            [repository, number, integer("page", "The page, from 1.", maximum: 10_000)],
            required: ["repository", "number"]),
        read(
            "get_pull_request", "Reads a pull request: title, body, state, branches, size, whether it can be merged.",
            [repository, number], required: ["repository", "number"]),
        read(
            "get_pull_request_diff", "Reads the unified diff of a pull request; a long one is cut.",
            [repository, number], required: ["repository", "number"]),
    ]

    private static let writes: [Operation] = [
        write(
            "create_issue_comment", "Comments on an issue or pull request.", [repository, number, body],
            required: ["repository", "number", "body"]),
        write(
            "update_issue_comment", "Replaces the text of a comment.",
            [repository, integer("comment_id", "The comment's id.", maximum: .max), body],
            required: ["repository", "comment_id", "body"]),
        write(
            "add_labels", "Adds labels to an issue or pull request.",
            [repository, number, list("labels", "Names of labels.", longest: GitHubLimit.labelBytes)],
            required: ["repository", "number", "labels"]),
        write(
            "remove_label", "Removes one label from an issue or pull request.",
            [repository, number, string("label", "The label's name.", longest: GitHubLimit.labelBytes)],
            required: ["repository", "number", "label"]),
        write(
            "add_assignees", "Assigns people to an issue or pull request.",
            [repository, number, list("assignees", "Logins.", longest: GitHubLimit.loginBytes)],
            required: ["repository", "number", "assignees"]),
        write(
            "create_issue", "Opens an issue.",
            [
                repository, string("title", "One line.", longest: GitHubLimit.titleBytes), body,
                list("labels", "Names of labels.", longest: GitHubLimit.labelBytes),
                list("assignees", "Logins.", longest: GitHubLimit.loginBytes),
            ], required: ["repository", "title"]),
        write(
            "set_commit_status", "Sets the status of a commit in one context.",
            [
                repository, string("sha", "The commit's full SHA.", longest: 64, shortest: 40),
                ("state", ["type": "string", "enum": ["error", "failure", "pending", "success"]]),
                string("context", "The name of the check; default 'default'.", longest: 255),
                string("description", "One short sentence.", longest: 140),
                string("target_url", "Where the details are.", longest: 2048),
            ], required: ["repository", "sha", "state"]),
        write(
            "request_review", "Asks people or teams to review a pull request.",
            [
                repository, number, list("reviewers", "Logins.", longest: GitHubLimit.loginBytes, fewest: 0),
                list("team_reviewers", "Slugs of teams.", longest: GitHubLimit.loginBytes),
            ], required: ["repository", "number", "reviewers"]),
    ]

    /// `OWNER/REPO#N`, for a commit `OWNER/REPO@SHA`, otherwise `OWNER/REPO`; nil without a repository. In lower case,
    /// as GitHub compares: otherwise another spelling would be another subject with its own order and counts.
    package static func subject(of arguments: JSONValue) -> String? {
        guard let written = arguments["repository"]?.string else { return nil }
        let repository = GitHubContainment.form.canonical(written) ?? written
        if let number = arguments["number"]?.integer { return "\(repository)#\(number)" }
        if let sha = arguments["sha"]?.string { return "\(repository)@\(sha.lowercased())" }
        return repository
    }
}

/// GitHub's limits, and our own.
enum GitHubLimit {
    /// GitHub takes 65,536 characters; the rest is for the mark.
    static let bodyBytes: Int64 = 65_000
    static let titleBytes: Int64 = 256
    static let labelBytes: Int64 = 100
    static let loginBytes: Int64 = 100
    static let listItems = 50
}

// MARK: - Schemas

extension GitHubOperations {
    private typealias Property = (String, JSONValue)

    private static let repository: Property = string("repository", "OWNER/REPO", longest: 140, shortest: 3)
    private static let number: Property = integer("number", "The issue's or pull request's number.", maximum: 1 << 31)
    private static let body: Property = string("body", "Markdown.", longest: GitHubLimit.bodyBytes)

    private static func string(_ name: String, _ text: String, longest: Int64, shortest: Int64 = 1) -> Property {
        (
            name,
            [
                "type": "string", "description": .string(text), "minLength": .integer(shortest),
                "maxLength": .integer(longest),
            ]
        )
    }

    private static func integer(_ name: String, _ text: String, maximum: Int64) -> Property {
        (name, ["type": "integer", "description": .string(text), "minimum": 1, "maximum": .integer(maximum)])
    }

    private static func list(_ name: String, _ text: String, longest: Int64, fewest: Int64 = 1) -> Property {
        (
            name,
            [
                "type": "array", "description": .string(text), "minItems": .integer(fewest),
                "maxItems": .integer(GitHubLimit.listItems),
                "items": ["type": "string", "minLength": 1, "maxLength": .integer(longest)],
            ]
        )
    }

    private static func read(
        _ name: String, _ summary: String, _ properties: [Property], required: [String]
    ) -> Operation {
        operation(name, summary, .read, properties, required)
    }

    private static func write(
        _ name: String, _ summary: String, _ properties: [Property], required: [String]
    ) -> Operation {
        operation(name, summary, .write, properties, required)
    }

    private static func operation(
        _ name: String, _ summary: String, _ effect: Operation.Effect, _ properties: [Property], _ required: [String]
    ) -> Operation {
        Operation(
            name: "github.\(name)", summary: summary, effect: effect,
            schema: [
                "type": "object", "properties": .object(JSONObject(properties)),
                "required": .array(required.map { .string($0) }), "additionalProperties": false,
            ], fields: GitHubFields.fields(of: properties.map(\.0)), reach: GitHubContainment.reach(of: name))
    }
}
