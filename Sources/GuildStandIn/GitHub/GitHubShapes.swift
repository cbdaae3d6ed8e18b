import GuildDomain

/// Our values in the shape of GitHub's REST API, version 2022-11-28 (https://docs.github.com/en/rest).
enum GitHubShapes {
    private static let api = "https://api.github.com"
    private static let web = "https://github.com"

    static func user(_ login: String) -> JSONValue {
        let id: Int64 =
            login == GitHubState.login ? 1000 : 1 + Int64(login.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF)
        return [
            "login": .string(login), "id": .integer(id), "node_id": .string("U_\(id)"), "avatar_url": "",
            "gravatar_id": "", "url": .string("\(api)/users/\(login)"), "html_url": .string("\(web)/\(login)"),
            "type": "User", "user_view_type": "public", "site_admin": false,
        ]
    }

    static func label(_ name: String) -> JSONValue {
        let id: Int64 = 5000 + Int64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF)
        return [
            "id": .integer(id), "node_id": .string("LA_\(id)"), "url": .string("\(api)/labels/\(id)"),
            "name": .string(name), "color": "ededed", "default": false, "description": .null,
        ]
    }

    static func comment(_ comment: GitHubState.Comment, in repository: String) -> JSONValue {
        let page = "\(web)/\(repository)/issues/\(comment.issue)#issuecomment-\(comment.id)"
        return [
            "url": .string("\(api)/repos/\(repository)/issues/comments/\(comment.id)"), "html_url": .string(page),
            "issue_url": .string("\(api)/repos/\(repository)/issues/\(comment.issue)"), "id": .integer(comment.id),
            "node_id": .string("IC_\(comment.id)"), "user": user(GitHubState.login),
            "created_at": .string(comment.createdAt.rfc3339), "updated_at": .string(comment.updatedAt.rfc3339),
            "body": .string(comment.body), "author_association": "COLLABORATOR", "performed_via_github_app": .null,
        ]
    }

    static func issue(_ issue: GitHubState.Issue, in repository: String) -> JSONValue {
        let url = "\(api)/repos/\(repository)/issues/\(issue.number)"
        return [
            "url": .string(url), "repository_url": .string("\(api)/repos/\(repository)"),
            "labels_url": .string("\(url)/labels{/name}"), "comments_url": .string("\(url)/comments"),
            "html_url": .string("\(web)/\(repository)/issues/\(issue.number)"), "id": .integer(issue.id),
            "node_id": .string("I_\(issue.id)"), "number": .integer(issue.number), "title": .string(issue.title),
            "user": user(issue.author), "labels": .array(issue.labels.map(label)), "state": "open", "locked": false,
            "assignee": issue.assignees.first.map(user) ?? .null, "assignees": .array(issue.assignees.map(user)),
            "milestone": .null, "comments": .integer(issue.comments.count),
            "created_at": .string(issue.createdAt.rfc3339), "updated_at": .string(issue.updatedAt.rfc3339),
            "closed_at": .null, "author_association": "CONTRIBUTOR", "active_lock_reason": .null,
            "body": issue.body.map { .string($0) } ?? .null, "state_reason": .null,
        ]
    }

    static func pull(_ issue: GitHubState.Issue, in repository: String) -> JSONValue {
        let page = "\(web)/\(repository)/pull/\(issue.number)"
        let owner = repository.prefix { $0 != "/" }
        return [
            "url": .string("\(api)/repos/\(repository)/pulls/\(issue.number)"), "id": .integer(200_000 + issue.id),
            "node_id": .string("PR_\(issue.id)"), "html_url": .string(page), "diff_url": .string("\(page).diff"),
            "patch_url": .string("\(page).patch"), "number": .integer(issue.number), "state": "open", "locked": false,
            "title": .string(issue.title), "user": user(issue.author), "body": issue.body.map { .string($0) } ?? .null,
            "created_at": .string(issue.createdAt.rfc3339), "updated_at": .string(issue.updatedAt.rfc3339),
            "closed_at": .null, "merged_at": .null, "merge_commit_sha": .null, "draft": false, "merged": false,
            "mergeable": true, "mergeable_state": "clean", "assignees": .array(issue.assignees.map(user)),
            "labels": .array(issue.labels.map(label)), "requested_reviewers": .array(issue.reviewers.map(user)),
            "requested_teams": .array(issue.teams.map { ["slug": .string($0), "name": .string($0)] }),
            "head": branch("change-\(issue.number)", owner, digest: "a"), "base": branch("main", owner, digest: "b"),
            "commits": 1, "additions": 1, "deletions": 1, "changed_files": 1,
            "comments": .integer(issue.comments.count),
            "review_comments": 0,
        ]
    }

    private static func branch(_ name: String, _ owner: Substring, digest: Character) -> JSONValue {
        [
            "label": .string("\(owner):\(name)"), "ref": .string(name),
            "sha": .string(String(repeating: digest, count: 40)), "user": user(String(owner)),
        ]
    }

    static func status(_ id: Int64, at time: Timestamp, state: String, of call: GitHubCall, sha: String) -> JSONValue {
        [
            "url": .string("\(api)/repos/\(call.repository)/statuses/\(sha)"), "avatar_url": "", "id": .integer(id),
            "node_id": .string("SC_\(id)"), "state": .string(state), "description": call.body["description"] ?? .null,
            "target_url": call.body["target_url"] ?? .null, "context": call.body["context"] ?? "default",
            "created_at": .string(time.rfc3339), "updated_at": .string(time.rfc3339),
            "creator": user(GitHubState.login),
        ]
    }

    static func diff(_ number: Int64) -> String {
        """
        diff --git a/Sources/Shop/Cart.swift b/Sources/Shop/Cart.swift
        index aaaaaaa..bbbbbbb 100644
        --- a/Sources/Shop/Cart.swift
        +++ b/Sources/Shop/Cart.swift
        @@ -1,3 +1,3 @@
         struct Cart {
        -    var items = 0
        +    var items = \(number)
         }

        """
    }
}
