import Foundation
import GuildCodex
import GuildDomain
import Testing

/// A correct codex of a few files, which tests add to or change.
enum SmallCodex {
    static let files: [String: String] = [
        "guild.yaml": """
        apiVersion: guild/v1
        kind: Guild
        metadata: { name: acme }
        spec: { manaPool: { perDay: 5M } }
        """,
        "agents/ranger.yaml": """
        apiVersion: guild/v1
        kind: Agent
        metadata: { name: ranger, chapter: payments }
        spec:
          version: "1.2.0"
          model: replayed
          tools:
            - { pattern: "github.get_*", autonomy: 3 }
        """,
        "chapters/payments.yaml": """
        apiVersion: guild/v1
        kind: Chapter
        metadata: { name: payments }
        spec: { master: ranger }
        """,
        "ingress/github.yaml": """
        apiVersion: guild/v1
        kind: WebhookEndpoint
        metadata: { name: github }
        spec: { system: github, default: true, authentication: { secret_refs: ["env://SECRET"] } }
        """,
        "providers/models.yaml": """
        apiVersion: guild/v1
        kind: LLMRegistry
        metadata: { name: models }
        spec: { providers: [{ name: replayed, provider: replay, capabilities: [reasoning] }] }
        """,
        "prompts/ranger.md": "---\ntitle: The ranger\n---\nYou watch {{subject}}.\n",
        "recordings/ranger.jsonl": "{}\n",
        "state/notes.json": #"{ "type": "strange" }"#,
    ]

    static let systems = systems(openEvents: [])

    static func systems(openEvents: [String], eventTypes: [EventTypeProfile] = []) -> SystemCatalogue {
        let gitHub = SystemProfile(
            "github", title: "GitHub", example: SystemProfile.Example(container: "acme/shop", sender: "583231"),
            operations: gitHubOperations,
            webhooks: WebhookProfile(
                schemes: ["system"], bodyLimitBytes: 25 << 20, eventTypes: eventTypes,
                senders: SenderProfile(openEvents: openEvents, hasNumericIDs: true)),
            connection: ConnectionProfile(
                schemes: [AuthenticationScheme("bearer", title: "bearer token")],
                promised: [AuthenticationScheme("github_app", title: "GitHub App", requiredKeys: ["app_id"])]))
        return SystemCatalogue([gitHub], tools: operations(["codex.read"], .read))
    }

    private static let gitHubOperations =
        operations(
            [
                "github.get_issue", "github.list_issue_comments", "github.get_pull_request",
                "github.get_pull_request_diff",
            ], .read)
        + operations(
            [
                "github.create_issue_comment", "github.update_issue_comment", "github.add_labels",
                "github.remove_label", "github.add_assignees", "github.create_issue", "github.set_commit_status",
                "github.request_review",
            ], .write)

    /// Of the rest the arguments are not known.
    private static let fields: [String: [OperationField]] = [
        "github.add_labels": [OperationField("labels", argument: "labels", aliases: ["label"])],
        "github.create_issue": [
            OperationField("title", argument: "title"), OperationField("body", argument: "body"),
            OperationField("labels", argument: "labels"), OperationField("mentions", argument: nil),
            OperationField("commands", argument: nil),
        ],
    ]

    private static func operations(_ names: [String], _ effect: GuildDomain.Operation.Effect) -> [GuildDomain.Operation]
    {
        names.map { name in
            let arguments = fields[name] ?? []
            let properties = JSONObject(
                arguments.compactMap(\.argument).map { ($0, [:]) } + [("number", ["type": "integer"])])
            return GuildDomain.Operation(
                name: name, summary: "", effect: effect,
                schema: arguments.isEmpty ? true : ["properties": .object(properties)], fields: arguments,
                reach: reach(of: name))
        }
    }

    private static func reach(of name: String) -> OperationReach {
        guard name != "codex.read" else { return .everywhere }
        let subject: OperationReach.SubjectNaming =
            switch name {
            case "github.update_issue_comment": .indirect(argument: "comment_id")
            case "github.create_issue": .new
            case "github.set_commit_status": .direct(argument: "sha", joint: "@")
            default: .direct(argument: "number", joint: "#")
            }
        let form = ContainerForm(shown: "OWNER/REPO", longestSegments: [39, 100], ignoresCase: true)
        return .container(argument: "repository", form: form, subject: subject)
    }

    static func tree(_ changes: [String: String?] = [:]) -> CodexTree {
        let merged = files.merging(changes.compactMapValues(\.self)) { $1 }
            .filter { path, _ in !changes.keys.contains(path) || changes[path] != .some(.none) }
        return CodexTree(
            folder: "",
            files: merged.sorted { $0.key < $1.key }.map { CodexFile(path: $0.key, bytes: Array($0.value.utf8)) })
    }

    /// Validates the small codex with some files put in, changed or (nil) taken out.
    static func validate(_ changes: [String: String?] = [:]) -> LoadResult {
        CodexLoader.validate(tree(changes), commit: "worktree:0", revision: "test", systems: systems)
    }

    /// The snapshot of the small codex with one more agent, whose spec is given.
    static func agent(_ spec: String) throws -> AgentManifest {
        let indented = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        let text =
            "apiVersion: guild/v1\nkind: Agent\nmetadata: { name: tested }\nspec:\n"
            + "  prompt: You are a test.\n" + indented.joined(separator: "\n")
        let snapshot = try validate(["agents/tested.yaml": text]).get()
        return try #require(snapshot.agent("tested"))
    }
}
