import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// `guild dispatch backtest`: recorded events against another revision.
@Suite(.serialized, .timeLimit(.minutes(10))) struct BacktestCommandTests {
    /// One that calls a model and changes nothing anywhere.
    private static let agent = ClerkCodex.agent().replacingOccurrences(
        of: "    - { pattern: \"github.*\", autonomy: 3 }\n", with: "")

    @Test func `another revision says what would have run and what it would have cost, and nothing is written`()
        async throws
    {
        let standIn = try await StandInProcess.start()
        let codex = try await TemporaryCodex.clerk(
            model: standIn.baseURL, github: standIn.baseURL, changing: ["agents/clerk.yaml": Self.agent])
        for severity in ["P0", "P4", "P4"] {
            _ = try await codex.json(
                "dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--subject", "acme/shop#1",
                "--data", "{\"severity\": \"\(severity)\"}")
        }
        _ = try await codex.guild("serve", "--once", "executor")
        let narrower = Self.agent.replacingOccurrences(
            of: "events: [issues.opened] }", with: "events: [issues.opened], conditions: { data.severity: [P0] } }")
        try codex.write(["agents/clerk.yaml": narrower])
        let entries = try await codex.json("audit", "log").array?.count

        let uncommitted = try await codex.json("dispatch", "backtest", "--worktree")
        #expect([uncommitted["events"], uncommitted["changed"]] == [3, 2])
        #expect(uncommitted["changes"]?.array?.map { $0["removed"] } == [["clerk"], ["clerk"]])
        let line = try #require(uncommitted["agents"]?.array?.first)
        #expect([line["recorded_runs"], line["runs"]] == [3, 1])
        let mean = try #require(line["mean_tokens"]?.integer)
        #expect(mean > 0)
        #expect([line["recorded_tokens"], line["tokens"]] == [.integer(3 * mean), .integer(mean)])
        let cost = try #require(line["cost_microdollars"]?.integer)
        #expect(cost > 0)
        #expect(line["recorded_cost_microdollars"] == .integer(3 * cost))
        // What is committed decides as it did.
        #expect(try await codex.json("dispatch", "backtest", "--rev", "HEAD", "--since", "1h")["changed"] == 0)
        let text = try await codex.guild("dispatch", "backtest", "--worktree")
        #expect(text.output.contains("2 decided differently"))
        #expect(text.output.contains(", instead of "))
        #expect(try await codex.json("audit", "log").array?.count == entries)
    }

    @Test func `what cannot be tried is said`() async throws {
        let codex = try await TemporaryCodex.clerk()
        let none = try await codex.guild("dispatch", "backtest")
        #expect(none.status == 6)
        #expect(none.errors.contains("hint: "))
        _ = try await codex.json("dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--data", "{}")
        for (words, status, message) in [
            (["--since", "soon"], 2, "--since 'soon' is not a time"), (["--since", "2100-01-01"], 2, "is in the future"),
            (["--rev", "nonsense"], 2, "unknown revision 'nonsense'"),
        ] as [([String], Int32, String)] {
            let finished = try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), ["dispatch", "backtest"] + words, environment: codex.environment,
                directory: codex.repository)
            #expect(finished.status == status)
            #expect(finished.errors.contains(message), "\(finished.errors)")
        }
        try codex.write(["agents/clerk.yaml": ClerkCodex.agent(more: "  nonsense: 1")])
        let invalid = try await codex.guild("dispatch", "backtest", "--worktree")
        #expect(invalid.status == 3)
    }
}
