extension GitHubEventType {
    /// Every documented type, with the members in octokit/webhooks' schemas and recorded payloads. A type that is not
    /// listed passes with any content.
    static let all: [GitHubEventType] = work + repositories + people + code

    private static let work: [GitHubEventType] = [
        .init("discussion", "discussion", shared: "label"),
        .init("discussion_comment", "comment discussion"),
        .init("issue_comment", "comment issue"),
        .init("issue_dependencies", "blocked_issue_id blocking_issue_id", repeats: .always),
        .init("issues", "issue", shared: "label milestone"),
        .init("label", "label", repeats: .actions(["edited"])),
        .init("milestone", "milestone"),
        .init("project", "project"),
        .init("project_card", "project_card"),
        .init("project_column", "project_column"),
        .init("projects_v2", "projects_v2"),
        .init("projects_v2_item", "projects_v2_item"),
        .init("projects_v2_status_update", "projects_v2_status_update"),
        .init("pull_request", "pull_request", shared: "label milestone before after"),
        .init("pull_request_review", "pull_request review"),
        .init("pull_request_review_comment", "comment pull_request"),
        .init("pull_request_review_thread", "pull_request thread", repeats: .always),
        .init("sub_issues", "sub_issue_id parent_issue_id", repeats: .always),
    ]

    private static let repositories: [GitHubEventType] = [
        .init("branch_protection_configuration", "repository", actions: "enabled disabled", repeats: .always),
        .init("branch_protection_rule", "rule"),
        .init("create", "ref ref_type pusher_type master_branch", hasAction: false, repeats: .always),
        .init("custom_property", "definition", repeats: .always),
        .init("custom_property_values", "new_property_values old_property_values", repeats: .always),
        .init("delete", "ref ref_type pusher_type", hasAction: false, repeats: .always),
        .init("deploy_key", "key"),
        .init("fork", "forkee", hasAction: false),
        .init("gollum", "pages", hasAction: false),
        .init("meta", "hook hook_id"),
        .init("page_build", "build id", hasAction: false),
        .init("public", "repository", hasAction: false, repeats: .always),
        .init("push", "ref", shared: "before after commits", hasAction: false),
        .init("release", "release"),
        .init(
            "repository", "repository",
            actions: "archived created deleted edited privatized publicized renamed transferred unarchived "
                + "anonymous_access_enabled anonymous_access_disabled"),
        .init("repository_advisory", "repository_advisory"),
        .init("repository_dispatch", "branch client_payload", repeats: .always),
        .init("repository_import", "status", hasAction: false, repeats: .always),
        .init("repository_ruleset", "repository_ruleset"),
        .init("security_and_analysis", "changes", hasAction: false, repeats: .always),
        .init("star", "starred_at", repeats: .actions(["deleted"])),
        .init("watch", "repository", actions: "started", repeats: .always),
    ]

    private static let people: [GitHubEventType] = [
        .init(
            "enterprise", actions: "anonymous_access_enabled anonymous_access_disabled", repeats: .always),
        .init("github_app_authorization", actions: "revoked", repeats: .always),
        .init(
            "installation", "installation", absent: "repository",
            actions: "created deleted new_permissions_accepted suspend unsuspend"),
        .init("installation_repositories", "repositories_added repositories_removed", repeats: .always),
        .init("installation_target", "account target_type", repeats: .always),
        .init("marketplace_purchase", "effective_date marketplace_purchase"),
        .init("member", "member", repeats: .always),
        .init("membership", "member scope team", repeats: .always),
        .init("org_block", "blocked_user", repeats: .always),
        .init(
            "organization", "organization", shared: "user", absent: "repository",
            actions: "deleted member_added member_invited member_removed renamed", repeats: .always),
        .init("personal_access_token_request", "personal_access_token_request"),
        .init("sponsorship", "sponsorship"),
        .init("team", "team", repeats: .always),
        .init("team_add", "team", hasAction: false, repeats: .always),
        .init("user", "user", actions: "created deleted", repeats: .always),
    ]

    private static let code: [GitHubEventType] = [
        .init("cache_sync", "before after cache_location ref", hasAction: false),
        .init("check_run", "check_run", repeats: .actions(["requested_action", "rerequested"])),
        .init("check_suite", "check_suite", repeats: .actions(["rerequested"])),
        .init("code_scanning_alert", "alert commit_oid ref"),
        .init("commit_comment", "comment"),
        .init("content_reference", "content_reference"),
        .init("dependabot_alert", "alert"),
        .init("deployment", "deployment", shared: "workflow workflow_run"),
        .init("deployment_protection_rule", "deployment_callback_url"),
        .init("deployment_review", "workflow_run since", shared: "comment environment"),
        .init("deployment_status", "deployment deployment_status", shared: "check_run workflow workflow_run"),
        .init("merge_group", "merge_group"),
        .init("package", "package"),
        .init("registry_package", "registry_package"),
        .init("repository_vulnerability_alert", "alert", actions: "create dismiss resolve reopen"),
        .init("secret_scanning_alert", "alert"),
        .init("secret_scanning_alert_location", "alert location"),
        .init("security_advisory", "security_advisory"),
        .init("status", "sha state", shared: "id", hasAction: false),
        .init("workflow_dispatch", "ref workflow inputs", hasAction: false, repeats: .always),
        .init("workflow_job", "workflow_job", shared: "deployment"),
        .init("workflow_run", "workflow_run", shared: "workflow"),
    ]
}
