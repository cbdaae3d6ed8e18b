/// The types of events that guild's operations make GitHub send: the possible echoes.
enum GitHubCausedEvents {
    static func types(causedBy operation: String) -> [String] { table[operation] ?? [] }

    static func operations(causing eventType: String) -> [String] {
        table.filter { $0.value.contains(eventType) }.keys.sorted()
    }

    /// The types among them that show a text of an action, which ends with guild's mark.
    static let typesWithText: Set<String> = ["issue_comment.created", "issue_comment.edited", "issues.opened"]

    private static let table = Dictionary(
        uniqueKeysWithValues: GitHubOperations.values.map { ($0.name, $0.rules.causedEvents) })
}
