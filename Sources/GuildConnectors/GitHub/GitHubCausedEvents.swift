/// The types of events that each operation of ours makes GitHub send: what may come back to us as an echo.
enum GitHubCausedEvents {
    static func types(causedBy operation: String) -> [String] { table[operation] ?? [] }

    static func operations(causing eventType: String) -> [String] {
        table.filter { $0.value.contains(eventType) }.keys.sorted()
    }

    /// The types among them that show a text of ours, which ends with our mark.
    static let typesWithText: Set<String> = ["issue_comment.created", "issue_comment.edited", "issues.opened"]

    private static let table: [String: [String]] = [
        "github.create_issue_comment": ["issue_comment.created"],
        "github.update_issue_comment": ["issue_comment.edited"],
        "github.add_labels": labelled,
        "github.remove_label": ["issues.unlabeled", "pull_request.unlabeled"],
        "github.add_assignees": assigned,
        "github.create_issue": ["issues.opened"] + labelled + assigned,
        "github.set_commit_status": ["status"],
        "github.request_review": ["pull_request.review_requested"],
    ]
    /// A label that the repository does not have yet is made.
    private static let labelled = ["issues.labeled", "pull_request.labeled", "label.created"]
    private static let assigned = ["issues.assigned", "pull_request.assigned"]
}
