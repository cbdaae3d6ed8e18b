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
        try git(path, "git init -q && git add . && \(Self.commit) -m one && git gc -q")
        // Only the reading is measured, not the listing.
        try git(path, "git ls-tree -r HEAD | cut -c13-52 > ../blobs")
        var reading = Costs()
        var cold = Costs()
        var reload = Costs()
        for round in 0..<setting.rounds {
            try reading.add { try git(path, "git cat-file --batch --buffer < ../blobs > /dev/null") }
            let repository = try CodexRepository(at: CodexLocation(path, workingDirectory: "/"))
            let loader = CodexLoader(repository: repository, systems: SystemRegistry.standard.catalogue())
            try cold.add {
                _ = try loader.load().get()
                return ProcessorTime()
            }
            for change in 0..<Self.changes {
                try self.change(change, "changed in round \(round), time \(change)", path)
                try git(path, "\(Self.commit) -a -m change")
                try reload.add {
                    _ = try loader.load().get()
                    return ProcessorTime()
                }
            }
        }
        var table = MarkdownTable(["step", "ms", "of git", "CPU ms", "of git"])
        table.add(reading.row("`git cat-file --batch` of the same blobs", of: reading))
        table.add(cold.row("cold load: read, parse, validate", of: reading))
        table.add(reload.row("load after a push of one file", of: reading))
        let served = try following(path)
        table.add(["`git update-ref` alone", served.git.median.figure, "", "", ""])
        table.add(["from its start to `guild serve` serving the commit", served.taken.median.figure, "", "", ""])
        table.show(title: "A codex of \(Self.manifests) manifests")
    }

    private static let changes = 5
    /// Without git's housekeeping, which would go on behind it.
    private static let commit =
        "git -c gc.auto=0 -c maintenance.auto=false -c user.name=b -c user.email=b@localhost -c commit.gpgsign=false "
        + "commit -q"
    private static let followTimeoutNanoseconds: UInt64 = 60_000_000_000

    private func change(_ number: Int, _ description: String, _ path: String) throws {
        let text = manifest(number, description: description)
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/agents/agent-\(number).yaml"))
    }

    /// Moves the ref that a running guild serves, and waits until it says that the commit is accepted.
    private func following(_ path: String) throws -> (git: [Double], taken: [Double]) {
        let log = path + ".log"
        let child = try Child(
            [
                setting.guild, "serve", "--listen", "127.0.0.1:0", "--codex", path, "--ledger",
                "sqlite:\(path).ledger/ledger.sqlite",
            ], output: log)
        defer { child.stop() }
        _ = try Child.port(after: "address=", in: log)
        var (git, taken): ([Double], [Double]) = ([], [])
        for number in 0..<setting.rounds * Self.changes {
            try change(number, "followed, time \(number)", path)
            try self.git(
                path,
                "git add . && git -c user.name=b -c user.email=b@localhost commit-tree -p HEAD -m followed "
                    + "$(git write-tree) > ../next")
            let next = try String(contentsOfFile: path + "/../next", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            taken.append(
                try milliseconds {
                    git.append(try milliseconds { try self.git(path, "git update-ref HEAD \(next)") })
                    try wait(for: "codex accepted commit=\(next)", in: log)
                })
        }
        return (git, taken)
    }

    private func wait(for text: String, in path: String) throws {
        let deadline = MonotonicClock.now + Self.followTimeoutNanoseconds
        while MonotonicClock.now < deadline {
            let log = FileManager.default.contents(atPath: path) ?? Data()
            if log.range(of: Data(text.utf8)) != nil { return }
            usleep(500)
        }
        throw Failure(.failed, "\(path) never said '\(text)'")
    }

    private func milliseconds(_ step: () throws -> Void) throws -> Double {
        let start = MonotonicClock.now
        try step()
        return Double(MonotonicClock.now - start) / 1e6
    }

    @discardableResult
    private func git(_ path: String, _ command: String) throws -> ProcessorTime {
        let (status, processor) = try Child(["sh", "-c", "cd '\(path)' && \(command)"]).waitForTime()
        guard status == 0 else { throw Failure(.failed, "\(command): \(status)") }
        return processor
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

/// What one step cost, each time that it was done.
private struct Costs {
    private var milliseconds: [Double] = []
    private var processor: [Double] = []

    /// - Parameter step: gives back the processor time of other processes.
    mutating func add(_ step: () throws -> ProcessorTime) throws {
        let start = MonotonicClock.now
        let before = ProcessorTime.own
        let others = try step()
        processor.append((ProcessorTime.own - before + others).seconds * 1e3)
        milliseconds.append(Double(MonotonicClock.now - start) / 1e6)
    }

    func row(_ name: String, of base: Costs) -> [String] {
        let wall = milliseconds.median
        let busy = processor.median
        return [
            name, wall.figure, (wall / base.milliseconds.median).figure, busy.figure,
            (busy / base.processor.median).figure,
        ]
    }
}
