import GuildDomain

/// The policy fields of the arguments of GitHub's operations.
///
/// GitHub compares logins, names of repositories and labels, and the contexts of statuses without regard to case
/// (https://docs.github.com/rest/commits/statuses says so of a context).
enum GitHubFields {
    /// Verbs that close an issue
    /// (https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue).
    static let closingVerb = "fixes"
    static let closingVerbs: Set<String> = [
        "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ]

    static let text = OperationField("text", argument: nil)
    static let mentions = OperationField(
        "mentions", argument: nil, comparison: FieldComparison(isCaseless: true, ignored: "@"))
    static let commands = OperationField(
        "commands", argument: nil,
        comparison: FieldComparison(
            isCaseless: true, synonyms: Dictionary(uniqueKeysWithValues: closingVerbs.map { ($0, closingVerb) })))

    /// The arguments that hold text which people and bots read.
    private static let texts: Set<String> = ["title", "body", "description"]

    private static let all: [OperationField] = [
        OperationField("repository", argument: "repository"),
        OperationField("number", argument: "number", comparison: .exact),
        OperationField("title", argument: "title"),
        OperationField("body", argument: "body"),
        OperationField("description", argument: "description"),
        OperationField("labels", argument: "labels", aliases: ["label"]),
        OperationField("labels", argument: "label"),
        OperationField("assignees", argument: "assignees"),
        OperationField("reviewers", argument: "reviewers"),
        OperationField("teams", argument: "team_reviewers"),
        OperationField("comment", argument: "comment_id", comparison: .exact),
        OperationField("commit", argument: "sha"),
        OperationField("state", argument: "state"),
        OperationField("context", argument: "context"),
        OperationField("url", argument: "target_url"),
    ]

    /// The fields of an operation with these arguments.
    static func fields(of arguments: [String]) -> [OperationField] {
        let own = all.filter { $0.argument.map(arguments.contains) ?? false }
        return own + (texts.isDisjoint(with: arguments) ? [] : [text, mentions, commands])
    }

    /// The fields of a call; its texts as written and as GitHub will show them.
    static func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields {
        let written = texts.sorted().compactMap { arguments[$0]?.string }
        let readings = Dictionary(written.map { ($0, GitHubText($0)) }) { first, _ in first }
        var carried = CarriedFields(operation.fields, of: arguments) { field, text in
            switch field.name {
            case "repository": [text, text.droppingSuffix(".git")]
            case "title", "body", "description": readings[text]?.forms ?? [text]
            default: [text, GitHubText.shown(text).trimmed]
            }
        }
        guard operation.fields.contains(mentions) else { return carried }
        let texts = written.compactMap { readings[$0] }
        carried.carry(text, texts.flatMap(\.forms).map { .string($0) })
        let people = GitHubMentions(in: texts)
        carried.carry(mentions, people.names.map { .string($0) }, isWhole: people.isWhole)
        let orders = GitHubCommands(in: texts, repository: arguments["repository"]?.string)
        carried.carry(commands, orders.found.map { .string($0) }, isWhole: orders.isWhole)
        return carried
    }
}

extension String {
    fileprivate var trimmed: String {
        var scalars = Array(unicodeScalars)[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(UnicodeScalarView(scalars))
    }

    fileprivate func droppingSuffix(_ suffix: String) -> String {
        lowercased().hasSuffix(suffix) ? String(unicodeScalars.dropLast(suffix.unicodeScalars.count)) : self
    }
}
