import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// `guild ps` and `guild cancel` with the built binary.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RunCommandsTests {
    private func send(to codex: TemporaryCodex) async throws {
        _ = try await codex.json(
            "dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--subject", "acme/shop#1",
            "--data", "{}")
    }

    private func runs(_ codex: TemporaryCodex) async throws -> [JSONValue] {
        try await codex.json("ps").array ?? []
    }

    @Test func `queued runs are listed, and end by their ids, audited with the reason`() async throws {
        let codex = try await TemporaryCodex.clerk()
        let empty = try await codex.guild("ps")
        #expect(empty.status == 0, "\(empty.errors)")
        #expect(empty.output.contains("no run is queued, running or waiting"))
        try await send(to: codex)
        try await send(to: codex)
        let queued = try await runs(codex)
        #expect(queued.map { $0["state"] } == ["queued", "queued"])
        #expect(queued.map { $0["agent"] } == ["clerk", "clerk"])
        #expect(queued.map { $0["waits_for"] } == ["an executor", "an executor"])
        let cut = try await codex.guild("ps", "-n", "1", "-o", "csv", "--quiet")
        #expect(cut.output.split(separator: "\r\n").count == 1)
        #expect(cut.errors.contains("only the newest run is listed"))

        let newest = try #require(queued.first?["id"]?.string)
        let oldest = try #require(queued.last?["id"]?.string)
        let cancelled = try await codex.guild("cancel", String(newest.dropLast()).lowercased(), "--reason", "a mistake")
        #expect(cancelled.status == 0, "\(cancelled.errors)")
        #expect(cancelled.output.contains("cancelled at once"))
        let left = try await runs(codex)
        #expect(left.compactMap { $0["id"]?.string } == [oldest])
        let all = try await codex.json("ps", "--all", "--agent", "Clerk")
        #expect(all.array?.map { $0["state"] } == ["cancelled", "queued"])
        let ended = try await codex.json("ps", "--state", "ended", "--since", "1h")
        #expect(ended.array?.compactMap { $0["id"]?.string } == [newest])
        let again = try await codex.json("cancel", newest)
        #expect(again.array?.map { $0["outcome"] } == ["ended"])
        let root = try #require(left.first?["root"]?.string)
        let chain = try await codex.json("cancel", "--root", root)
        #expect(chain.array?.map { $0["outcome"] } == ["cancelled"])
        let commands = try await codex.audit("operator.command")
        #expect(commands.map { $0["subject"]?.string } == [newest, oldest])
        #expect(commands.map { $0["body"]?["command"] } == ["cancel", "cancel"])
        #expect(commands.first?["body"]?["reason"] == "a mistake")
        #expect(commands.first?["actor"]?.string?.hasPrefix("user:") == true)
        #expect(try await codex.isAuditValid())
    }

    @Test func `a run that waits for a person names that, and ends with what it asked for`() async throws {
        let standIn = try await StandInProcess.start()
        let codex = try await TemporaryCodex.clerk(
            model: standIn.baseURL, github: standIn.baseURL,
            changing: ["agents/clerk.yaml": ClerkCodex.agent(autonomy: 1)])
        let run = try await codex.guild(
            "run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--approve", "none")
        #expect(run.status == 5, "\(run.errors)")
        let waiting = try #require(try await runs(codex).first)
        #expect(waiting["state"] == "waiting")
        #expect(waiting["wait_reason"] == "approval")
        #expect(waiting["waits_for"]?.string?.contains("a person") == true)
        let table = try await codex.guild("ps", "--state", "waiting")
        #expect(table.output.contains("waiting (approval)"))

        let cancelled = try await codex.json("cancel", "--agent", "clerk")
        #expect(cancelled.array?.map { $0["state"] } == ["cancelled"])
        #expect(try await codex.json("audit", "approvals") == [])
        #expect(try await standIn.effects() == [])
        let none = try await codex.guild("cancel", "--agent", "clerk")
        #expect(none.status == 0, "\(none.errors)")
        #expect(none.output.contains("there is no run to cancel"))
    }

    @Test func `a run that is under way ends at its next safe point, and its call is settled`() async throws {
        let standIn = try await StandInProcess.start()
        try await standIn.setScript([["holdUntil": "go", "afterEvents": 2, "text": "Never said.", "times": 1]])
        let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
        let served = try await codex.serve()
        _ = try await served.deliver(.issue())
        try await standIn.waitUntilHeld(at: "go")
        let running = try #require(try await codex.json("ps", "--state", "running").array?.first)
        let id = try #require(running["id"]?.string)

        let cancelled = try await codex.json("cancel", id)
        #expect(cancelled.array?.map { $0["outcome"] } == ["requested"])
        let trace = try await codex.settledTrace(of: id)
        #expect(trace.value(at: ["invocations", "0", "state"]) == "cancelled")
        #expect(try await codex.audit("budget.estimated").count == 1)
        #expect(try await runs(codex) == [])
        try await standIn.release("go")
        #expect(try await served.stop() == .exited(0))
        #expect(try await codex.guild("budget", "verify").status == 0)
        #expect(try await codex.isAuditValid())
    }

    @Test(arguments: [
        (["cancel"], "name the runs, or give --agent or --root"), (["cancel", "x", "--agent", "clerk"], "only one"),
        (["cancel", "nonsense"], "there is no invocation 'nonsense'"),
        (["cancel", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], "there is no invocation"),
        (["cancel", "--agent", "nobody"], "no run of an agent 'nobody'"), (["cancel", "--root", "x"], "there is no"),
        (["ps", "-n", "0"], "-n 0 is not between"), (["ps", "--state", "asleep"], "asleep"),
        (["ps", "--since", "soon"], "--since 'soon' is not a time"),
    ])
    func `wrong words are named, and nothing is cancelled`(words: [String], message: String) async throws {
        let codex = try await TemporaryCodex.clerk()
        try await send(to: codex)
        let finished = try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"), words, environment: codex.environment, directory: codex.repository)
        #expect(finished.status == 2)
        #expect(finished.errors.contains(message), "\(finished.errors)")
        let left = try await runs(codex)
        #expect(left.map { $0["state"] } == ["queued"])
    }
}
