package import GuildDomain

/// The places that GitHub's operations read and write: a repository, and in it an issue, a pull request or a commit.
package enum GitHubContainment {
    /// GitHub compares the names of repositories caselessly, cuts `.git` off and keeps `.wiki` for wikis.
    package static let form = ContainerForm(
        shown: "OWNER/REPO", longestSegments: [39, 100], ignoresCase: true, reservedEndings: [".git", ".wiki"])

    /// Each operation is named here, so that a new one reaches nothing until somebody has said what it reaches.
    static func reach(of operation: String) -> OperationReach {
        switch operation {
        case "get_issue", "list_issue_comments", "get_pull_request", "get_pull_request_diff", "create_issue_comment",
            "add_labels", "remove_label", "add_assignees", "request_review":
            repository(.direct(argument: "number", joint: "#"))
        // A check's event is about its commit; a pull request's is not, and which commits are its own is not asked.
        case "set_commit_status": repository(.direct(argument: "sha", joint: "@"))
        // A comment's id does not say which issue it is on.
        case "update_issue_comment": repository(.indirect(argument: "comment_id"))
        case "create_issue": repository(.new)
        default: .unstated
        }
    }

    private static func repository(_ subject: OperationReach.SubjectNaming) -> OperationReach {
        .container(argument: "repository", form: form, subject: subject)
    }

    /// The repository of a payload; none for an event of a whole organisation or account.
    static func containers(repository: String?) -> [Container] {
        repository.map { [Container(system: "github", name: $0)] } ?? []
    }
}
