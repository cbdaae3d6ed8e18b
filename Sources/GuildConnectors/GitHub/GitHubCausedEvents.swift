/// The types of events that our operations make GitHub send: what may come back to us as an echo.
enum GitHubCausedEvents {
    static func types(causedBy operation: String) -> [String] { table[operation] ?? [] }

    static func operations(causing eventType: String) -> [String] {
        table.filter { $0.value.contains(eventType) }.keys.sorted()
    }

    /// The types among them that show a text of ours, which ends with our mark.
    static let typesWithText: Set<String> = ["issue_comment.created", "issue_comment.edited", "issues.opened"]

    private static let table = Dictionary(
        uniqueKeysWithValues: GitHubOperations.values.map { ($0.name, $0.rules.causedEvents) })
}
