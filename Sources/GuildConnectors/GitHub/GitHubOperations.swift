package import GuildDomain

/// The operations on GitHub (https://docs.github.com/rest). Each is one value: its description for the model, its
/// request, the selection of its answer, and the effect of a repetition.
package enum GitHubOperations {
    /// As the model sees them.
    package static let all: [Operation] = values.map(\.rules.operation)

    static let values: [HTTPOperation] = reads + writes
    static let byName = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0) })

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

// MARK: - Arguments

extension GitHubOperations {
    static let repository = ArgumentSchema.text("repository", "OWNER/REPO", longest: 140, shortest: 3)
    static let number = ArgumentSchema.integer("number", "The issue's or pull request's number.", maximum: 1 << 31)
    static let body = ArgumentSchema.text("body", "Markdown.", longest: GitHubLimit.bodyBytes)
    static let labels = ArgumentSchema.texts(
        "labels", "Names of labels.", longest: GitHubLimit.labelBytes, most: GitHubLimit.listItems)

    static func logins(_ name: String, _ summary: String = "Logins.", fewest: Int64 = 1) -> ArgumentSchema {
        .texts(name, summary, longest: GitHubLimit.loginBytes, most: GitHubLimit.listItems, fewest: fewest)
    }

    /// The arguments that the model gives.
    struct Given {
        let arguments: [ArgumentSchema]
        let required: [String]
        /// How the arguments name what the operation is about, in its repository.
        let subject: OperationReach.SubjectNaming

        init(_ arguments: [ArgumentSchema], required: [String], subject: OperationReach.SubjectNaming) {
            self.arguments = arguments
            self.required = required
            self.subject = subject
        }
    }

    /// - Parameters:
    ///   - causes: types of events.
    ///   - counts: what something new is put on; nil for what changes only what is there (labels, people, statuses, the
    ///     text of a comment of ours).
    static func operation(
        _ name: String, _ summary: String, given: Given, request: HTTPOperation.Request,
        reading: HTTPOperation.Reading, retry: HTTPOperation.Retry = .harmless, causes: [String] = [],
        counts: (@Sendable (_ repository: String, JSONValue) -> String?)? = nil
    ) -> HTTPOperation {
        let operation = Operation(
            name: "github.\(name)", summary: summary, effect: request.effect,
            schema: given.arguments.schema(required: given.required),
            fields: GitHubFields.fields(of: given.arguments.map(\.name)),
            reach: .container(argument: "repository", form: GitHubContainment.form, subject: given.subject))
        let rules = OperationRules(
            operation, repetition: retry.repetition, causedEvents: causes,
            countedSubject: { arguments in
                guard let counts, let written = arguments["repository"]?.string else { return nil }
                // GitHub knows repositories in any case.
                return counts(GitHubContainment.form.canonical(written) ?? written.lowercased(), arguments)
            })
        return HTTPOperation(rules: rules, request: request, reading: reading, retry: retry)
    }
}
