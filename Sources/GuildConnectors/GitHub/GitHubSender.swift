import GuildDomain

/// Who brought a GitHub event about, and whether it may be anyone with an account.
package enum GitHubSender {
    /// Types that a person without any right in the repository can cause.
    static let openTypes: Set<String> = [
        "commit_comment", "discussion", "discussion_comment", "fork", "gollum", "issue_comment", "issues",
        "pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_review_thread", "star",
        "watch",
    ]

    /// Types with their actions and what we call them, for whoever checks who listens to such events.
    package static let openEvents: [String] = [
        "commit_comment.created", "discussion.created", "discussion.edited", "discussion_comment.created",
        "discussion_comment.edited", "fork", "gollum", "issue_comment.created", "issue_comment.edited",
        "issue_comment.deleted", "issues.opened", "issues.edited", "issues.closed", "issues.reopened",
        "issues.labeled", "pull_request.opened", "pull_request.edited", "pull_request.synchronize",
        "pull_request.closed", "pull_request.reopened", "pull_request.ready_for_review",
        "pull_request_review.submitted", "pull_request_review.edited", "pull_request_review_comment.created",
        "pull_request_review_comment.edited", "star.created", "star.deleted", "watch.started", "ISSUE_OPENED",
        "PR_OPENED", "PR_UPDATED", "PR_CLOSED",
    ]

    /// What GitHub calls those who belong to a repository. A contributor is anyone whose patch was once merged.
    private static let members: Set<String> = ["OWNER", "MEMBER", "COLLABORATOR"]

    /// What nobody may do to another's issue, discussion or pull request without a right in the repository: whoever
    /// does, and is not its author, belongs to it.
    private static let privileged: Set<String> = [
        "labeled", "unlabeled", "assigned", "unassigned", "milestoned", "demilestoned", "locked", "unlocked", "pinned",
        "unpinned", "transferred", "typed", "untyped", "enqueued", "dequeued", "auto_merge_enabled",
        "auto_merge_disabled",
    ]

    /// Nil where the payload names no sender and the type is not open.
    static func sender(of data: JSONValue, event: String) -> EventSender? {
        let id = data["sender"]?["id"]?.integer
        let isOpen = openTypes.contains(event)
        guard id != nil || isOpen else { return nil }
        return EventSender(
            id: "github/" + (id.map(String.init) ?? EventSender.unknownID),
            isOutsider: isOpen && !isMember(id, data, event))
    }

    /// By the association that the payload gives of the sender's own object; where it gives none, no.
    private static func isMember(_ sender: Int64?, _ data: JSONValue, _ event: String) -> Bool {
        guard let sender else { return false }
        let objects = ["comment", "review", "issue", "discussion", "pull_request"].compactMap { data[$0] }
        let own = objects.filter { $0["user"]?["id"]?.integer == sender }
        if own.contains(where: { $0["author_association"]?.string.map(members.contains) ?? false }) { return true }
        let isOnThing = ["issues", "discussion", "pull_request"].contains(event)
        let author = data[event == "issues" ? "issue" : event]?["user"]?["id"]?.integer
        guard isOnThing, let author, author != sender, let action = data["action"]?.string else { return false }
        return privileged.contains(action)
    }
}
