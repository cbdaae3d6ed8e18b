import Foundation
import GuildDomain
import GuildTestSupport

/// The configuration that the harness runs: one agent, which comments once on each issue that is opened.
enum CrashCodex {
    static let webhookSecret = "a secret of the crash harness"

    /// Makes a git repository with one commit in `folder`, whose models and GitHub are the stand-in.
    static func make(in folder: String, standIn baseURL: String) async throws {
        for (path, text) in files(standIn: baseURL) {
            let file = URL(fileURLWithPath: folder).appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let person = ["-c", "user.name=crash", "-c", "user.email=crash@localhost", "-c", "commit.gpgsign=false"]
        for arguments in [["init", "-q"], ["add", "."], person + ["commit", "-q", "-m", "The harness's codex"]] {
            let git = try await ChildProcess.run(
                "/usr/bin/env", ["git", "-C", folder] + arguments, environment: environment(state: folder))
            guard git.status == 0 else { throw Failure(.failed, "git \(arguments)", hint: git.errors) }
        }
    }

    /// What the processes see: nothing of the person's own settings.
    static func environment(state: String) -> [String: String] {
        let kept = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"]
        var environment = ProcessInfo.processInfo.environment.filter { kept.contains($0.key) }
        environment["XDG_STATE_HOME"] = state
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        environment["GITHUB_WEBHOOK_SECRET"] = webhookSecret
        environment["GITHUB_TOKEN"] = "a-token"
        environment["MODEL_KEY"] = "a-key"
        return environment
    }

    private static func files(standIn baseURL: String) -> [String: String] {
        [
            "guild.yaml": """
            apiVersion: guild/v1
            kind: Guild
            metadata: { name: crash }
            spec:
              defaults: { actionWait: 1h, actions: { perHour: 10000, perSubjectPerDay: 10000 } }
            """,
            // Time and money must not end an invocation here: each one has to reach its own end.
            "agents/triage.yaml": """
            apiVersion: guild/v1
            kind: Agent
            metadata: { name: triage }
            spec:
              version: "1.0.0"
              prompt: You comment on the issue that you are called about.
              model: standin
              triggers:
                - { type: webhook, source: github, events: [issues.opened] }
              resources:
                tokenBudget: { perInvocation: 10M }
                maxActiveDuration: 12h
                maxConcurrent: 16
              tools:
                - { pattern: github.create_issue_comment, autonomy: 3 }
            """,
            "providers/models.yaml": """
            apiVersion: guild/v1
            kind: LLMRegistry
            metadata: { name: models }
            spec:
              providers:
                - name: standin
                  provider: openai-compatible
                  model: standin-1
                  base_url: \(baseURL)/v1
                  api_key: "env://MODEL_KEY"
                  context_window: 1000000
                  max_output_tokens: 1024
                  cost_per_1k_input: 0.001
                  cost_per_1k_output: 0.002
                  capabilities: [reasoning, tools]
            """,
            "connectors/github.yaml": """
            apiVersion: guild/v1
            kind: Connector
            metadata: { name: github }
            spec:
              type: bidirectional
              system: github
              connection:
                base_url: \(baseURL)
                identity: guild-bot
                auth: { type: bearer, secret_ref: "env://GITHUB_TOKEN" }
            """,
            "ingress/github.yaml": """
            apiVersion: guild/v1
            kind: WebhookEndpoint
            metadata: { name: github }
            spec:
              system: github
              default: true
              authentication: { secret_refs: ["env://GITHUB_WEBHOOK_SECRET"] }
            """,
        ]
    }
}
