import GuildDomain

/// The sender of a GitHub event, and whether it may be anyone with an account.
package enum GitHubSender {
    /// Types that a person without any right in the repository can cause; checks are, for a fork's pull request runs them.
    private static let openTypes: Set<String> = [
        "check_run", "check_suite", "commit_comment", "content_reference", "discussion", "discussion_comment", "fork",
        "github_app_authorization", "gollum", "installation", "installation_repositories", "installation_target",
        "issue_comment", "issues", "marketplace_purchase", "pull_request", "pull_request_review",
        "pull_request_review_comment", "pull_request_review_thread", "repository_advisory", "sponsorship", "star",
        "status", "watch", "workflow_job", "workflow_run",
    ]

    /// Nothing says of a type that we don't know that it needs a right.
    private static func isOpen(_ event: String) -> Bool {
        openTypes.contains(event) || GitHubEventType.named(event) == nil
    }

    /// Types with their actions and our names for them, for the check of agents that listen to such events.
    package static let openEvents: [String] = [
        "commit_comment.created", "discussion.created", "discussion.edited", "discussion_comment.created",
        "discussion_comment.edited", "fork", "gollum", "issue_comment.created", "issue_comment.edited",
        "issue_comment.deleted", "issues.opened", "issues.edited", "issues.closed", "issues.reopened",
        "issues.labeled", "pull_request.opened", "pull_request.edited", "pull_request.synchronize",
        "pull_request.closed", "pull_request.reopened", "pull_request.ready_for_review",
        "pull_request_review.submitted", "pull_request_review.edited", "pull_request_review_comment.created",
        "pull_request_review_comment.edited", "star.created", "star.deleted", "watch.started", "check_run.created",
        "check_run.completed", "check_suite.completed", "status", "workflow_job.queued", "workflow_job.in_progress",
        "workflow_job.completed", "workflow_run.requested", "workflow_run.in_progress", "workflow_run.completed",
        "repository_advisory.reported", "sponsorship.created", "ISSUE_OPENED", "PR_OPENED", "PR_UPDATED", "PR_CLOSED",
        "CHECK_FAILED",
    ]

    /// GitHub's words for people who belong to a repository. A contributor is anyone whose patch was once merged.
    private static let members: Set<String> = ["OWNER", "MEMBER", "COLLABORATOR"]

    /// Actions that nobody may take on another person's issue, discussion or pull request without a right in the
    /// repository: a sender who does, and is not its author, belongs to it.
    private static let privileged: Set<String> = [
        "labeled", "unlabeled", "assigned", "unassigned", "milestoned", "demilestoned", "locked", "unlocked", "pinned",
        "unpinned", "transferred", "typed", "untyped", "enqueued", "dequeued", "auto_merge_enabled",
        "auto_merge_disabled",
    ]

    /// Nil if the payload names no sender and the type is not open.
    static func sender(of data: JSONValue, event: String) -> EventSender? {
        let id = cause(of: data, event)
        let isOpen = isOpen(event)
        guard id != nil || isOpen else { return nil }
        return EventSender(
            id: "github/" + (id.map(String.init) ?? EventSender.unknownID),
            isOutsider: isOpen && !isMember(id, data, event))
    }

    /// The sender; if a bot reports on a run, the run's actor.
    private static func cause(of data: JSONValue, _ event: String) -> Int64? {
        let sender = data["sender"]
        let isBot = sender?["type"]?.string == "Bot" || sender?["login"]?.string?.hasSuffix("[bot]") == true
        return (isBot ? data[event]?["actor"]?["id"]?.integer : nil) ?? sender?["id"]?.integer
    }

    /// Whether a check is of a commit that the repository itself has, and so of somebody who may push to it. A fork's
    /// commit is in no branch, and in no pull request that GitHub names with the check.
    private static func isOfOwnCommit(_ data: JSONValue, _ event: String) -> Bool {
        guard let repository = data["repository"]?["id"]?.integer else { return false }
        switch event {
        case "check_run", "check_suite":
            let pulls = data[event]?["pull_requests"]?.array ?? []
            return pulls.contains { $0["head"]?["repo"]?["id"]?.integer == repository }
        case "status": return data["branches"]?.array?.isEmpty == false
        case "workflow_run": return data[event]?["head_repository"]?["id"]?.integer == repository
        default: return false
        }
    }

    /// By the association that the payload gives for the sender's own object; without one, no.
    private static func isMember(_ sender: Int64?, _ data: JSONValue, _ event: String) -> Bool {
        guard let sender else { return false }
        if isOfOwnCommit(data, event) { return true }
        let objects = ["comment", "review", "issue", "discussion", "pull_request"].compactMap { data[$0] }
        let own = objects.filter { $0["user"]?["id"]?.integer == sender }
        if own.contains(where: { $0["author_association"]?.string.map(members.contains) ?? false }) { return true }
        let isOnThing = ["issues", "discussion", "pull_request"].contains(event)
        let author = data[event == "issues" ? "issue" : event]?["user"]?["id"]?.integer
        guard isOnThing, let author, author != sender, let action = data["action"]?.string else { return false }
        return privileged.contains(action)
    }
}
