import Foundation
import GuildCodex
import GuildConnectors
import GuildDomain

/// How long a large codex takes to load, beside git reading the same bytes, and to load again after a small push.
struct CodexBench {
    private static let manifests = 10_000

    let setting: BenchSetting

    func run() throws {
        let path = try setting.folder("codex-\(Self.manifests)")
        try write(path)
        try git(
            path, "init -q && git add . && git -c user.name=b -c user.email=b@localhost commit -qm one && git gc -q")
        var (reading, cold, reload): ([Double], [Double], [Double]) = ([], [], [])
        for round in 0..<setting.rounds {
            reading.append(
                try milliseconds {
                    try git(
                        path, "ls-tree -r HEAD | cut -c13-52 | git cat-file --batch --buffer | wc -c > /dev/null")
                })
            let repository = try CodexRepository(at: CodexLocation(path, workingDirectory: "/"))
            let loader = CodexLoader(repository: repository, catalogue: OperationCatalogue(GitHubOperations.all))
            cold.append(try milliseconds { _ = try loader.load().get() })
            for change in 0..<5 {
                let text = manifest(change, description: "changed in round \(round), time \(change)")
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/agents/agent-\(change).yaml"))
                try git(path, "-c user.name=b -c user.email=b@localhost commit -qam change")
                reload.append(try milliseconds { _ = try loader.load().get() })
            }
        }
        var table = MarkdownTable(["step", "ms", "of git"])
        let base = reading.median
        table.add(["git cat-file --batch of the same blobs", base.figure, "1.00"])
        table.add(["cold load: read, parse, validate", cold.median.figure, (cold.median / base).figure])
        table.add(["load after a push of one file", reload.median.figure, (reload.median / base).figure])
        table.show(title: "A codex of \(Self.manifests) manifests")
    }

    private func milliseconds(_ step: () throws -> Void) throws -> Double {
        let start = MonotonicClock.now
        try step()
        return Double(MonotonicClock.now - start) / 1e6
    }

    private func git(_ path: String, _ command: String) throws {
        let status = try Child(["sh", "-c", "cd '\(path)' && git \(command)"]).wait()
        guard status == 0 else { throw Failure(.failed, "git \(command): \(status)") }
    }

    private func write(_ path: String) throws {
        var files = [
            "guild.yaml": "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: bench }\n",
            "prompts/agent.md": "You are one of many.\n",
            "providers/models.yaml": """
            apiVersion: guild/v1
            kind: LLMRegistry
            metadata: { name: models }
            spec: { providers: [{ name: replayed, provider: replay, capabilities: [reasoning] }] }

            """,
        ]
        for number in 0..<Self.manifests {
            files["agents/agent-\(number).yaml"] = manifest(number, description: "Does the work of number \(number).")
        }
        for (name, text) in files {
            let url = URL(fileURLWithPath: "\(path)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    private func manifest(_ number: Int, description: String) -> String {
        """
        apiVersion: guild/v1
        kind: Agent
        metadata:
          name: agent-\(number)
          labels: { tier: standard, shard: s\(number % 64) }
        spec:
          type: Worker
          version: "1.0.\(number)"
          description: \(description)
          prompt: prompts/agent.md
          model: replayed
          triggers:
            - { type: webhook, source: github, events: ["issues.opened"], conditions: { "data.number": [\(number)] } }
          resources:
            tokenBudget: { perInvocation: 8000 }
            maxActiveDuration: 600s
          tools:
            - { pattern: "github.get_*", autonomy: 3 }
            - { pattern: "github.create_issue_comment", autonomy: 1 }

        """
    }
}
