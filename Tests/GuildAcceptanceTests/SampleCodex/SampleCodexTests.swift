import Foundation
import GuildDomain
import GuildTestSupport
import Testing
import Yams

/// Each agent of the sample codex answers its worked example from its recording, as `recordings/NAME.expect.yaml` says.
@Suite struct SampleCodexTests {
    static let agents = [
        "artificer", "emissary", "forge-master", "grandmaster", "herald", "investigator", "mason", "quartermaster",
        "ranger", "sage", "scribe", "sentinel", "squire", "town-crier",
    ]

    @Test(arguments: agents) func `an agent of the sample codex replays what its recording promises`(
        _ agent: String
    ) async throws {
        let codex = try SampleCodex()
        let standIn = try await StandInProcess.start()
        try codex.pointGitHub(to: standIn.baseURL)
        let expected = try codex.expectation(of: agent)
        let run = try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"),
            ["run", agent, "--worktree", "--ledger", "sqlite:\(codex.path)/ledger.sqlite", "-o", "json"]
                + codex.input(of: agent),
            environment: ["GITHUB_TOKEN": "sample-token", "GUILD_TRUST_CODEX": "1", "PATH": "/usr/bin:/bin"],
            directory: codex.path)
        #expect(run.status == 0, "\(run.errors)")
        let result = try JSONParser.parse(run.output)
        let answer = result["answer"]?.string ?? ""
        for text in expected.contains { #expect(answer.contains(text)) }
        for text in expected.excludes { #expect(!answer.contains(text)) }
        let tokens = try #require(result["tokens"]?["total"]?.integer)
        #expect(tokens <= expected.maxTokens)
        for tool in expected.tools { #expect(run.errors.contains("→ \(tool)"), "\(tool) was not called") }
    }

    @Test func `the folder of agents holds exactly the agents that are replayed`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: SampleCodex.source + "/agents")
        #expect(files.sorted() == Self.agents.map { $0 + ".yaml" })
    }
}

/// A copy of the sample codex in a temporary folder of its own.
private final class SampleCodex: Sendable {
    struct Expectation {
        var tools: [String]
        var contains: [String]
        var excludes: [String]
        var maxTokens: Int64
    }

    static let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../../../codex"
    ).standardizedFileURL.path

    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "guild-sample-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Self.source, toPath: path + "/codex")
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "init", "-q", path]
        try git.run()
        git.waitUntilExit()
    }

    // A folder that stays in the temporary directory is no reason to fail.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func pointGitHub(to url: String) throws {
        let file = path + "/codex/connectors/github.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacingOccurrences(of: "https://api.github.com", with: url)
            .write(toFile: file, atomically: true, encoding: .utf8)
    }

    func input(of agent: String) -> [String] {
        let event = "\(path)/codex/recordings/\(agent).event.json"
        if FileManager.default.fileExists(atPath: event) { return ["--event", event] }
        return ["-i", "\(path)/codex/recordings/\(agent).input.txt"]
    }

    func expectation(of agent: String) throws -> Expectation {
        let text = try String(contentsOfFile: "\(path)/codex/recordings/\(agent).expect.yaml", encoding: .utf8)
        let node = try #require(try Yams.compose(yaml: text))
        func strings(_ key: String) -> [String] { node[key]?.sequence?.compactMap(\.string) ?? [] }
        return Expectation(
            tools: node["tools"]?.sequence?.compactMap { $0["name"]?.string } ?? [], contains: strings("contains"),
            excludes: strings("excludes"), maxTokens: Int64(node["max_tokens"]?.int ?? 0))
    }
}
