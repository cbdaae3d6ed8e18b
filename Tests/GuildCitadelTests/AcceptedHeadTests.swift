import Foundation
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildRuntime
import GuildTestSupport
import Testing

@testable import GuildCitadel

/// Who may say what is accepted, and what everybody else obeys.
@Suite(.timeLimit(.minutes(5))) struct AcceptedHeadTests {
    private static func guild(perDay: Int) -> [String: String] {
        ["guild.yaml": OfficeCodex.manifest("Guild", "acme", "manaPool: { perDay: \(perDay) }")]
    }

    private func git(_ house: House, _ arguments: String...) throws {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments =
            [
                "git", "-C", house.folder.path + "/repository", "-c", "user.name=t", "-c", "user.email=t@localhost",
                "-c",
                "commit.gpgsign=false",
            ] + arguments
        git.standardError = FileHandle.nullDevice
        git.standardOutput = FileHandle.nullDevice
        try git.run()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { throw Failure(.failed, "git \(arguments) failed") }
    }

    private func commit(_ house: House, perDay: Int) throws {
        try house.folder.write(Self.guild(perDay: perDay), in: "repository")
        try git(house, "commit", "--quiet", "--all", "-m", "\(perDay) a day")
    }

    private func run(
        _ house: House, _ change: (inout Settings) -> Void = { _ in }
    ) async throws -> (head: String?, perDay: Int64?, commit: String) {
        let outcome = try await outcome(house, change)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let standing = try await deployment.ledger.budgets.standing(of: .organization, now: deployment.time.now)
        let limit = standing?.periods.first { $0.period == .day }?.tokens.limit
        return (try await deployment.ledger.codex.acceptedHead(), limit, outcome.invocation.commit)
    }

    private func outcome(_ house: House, _ change: (inout Settings) -> Void = { _ in }) async throws -> RunOutcome {
        var settings = house.settings
        change(&settings)
        let deployment = try await Deployment(settings, redactor: Redactor())
        defer { deployment.close() }
        return try await HostedRun(
            RunRequest(agent: "clerk", options: RunOptions(), user: "user:ada"), in: deployment
        ).run(observe: { _ in }, approve: { _ in nil })
    }

    private func serveOnce(_ house: House) async throws {
        let deployment = try await Deployment(house.settings, redactor: Redactor(), role: .serving)
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "serve")
    }

    private func house() throws -> House {
        try House(vendor: try Vendor.serving((0..<8).map { _ in .text("Thank you.") }), Self.guild(perDay: 100_000))
    }

    @Test func `a run of what is checked out sets head and limits while nobody serves`() async throws {
        let house = try house()
        let first = try await run(house)
        #expect(first.head == house.commit)
        #expect(first.perDay == 100_000)
        try commit(house, perDay: 200_000)
        let second = try await run(house)
        #expect(second.head == second.commit)
        #expect(second.perDay == 200_000)
    }

    @Test func `a run of another revision or of uncommitted files obeys the limits that are accepted`() async throws {
        let house = try house()
        try commit(house, perDay: 200_000)
        let head = try await run(house).head
        let old = try await run(house) { $0.revision = "HEAD~1" }
        #expect(old.commit == house.commit)
        #expect(old.head == head)
        #expect(old.perDay == 200_000)
        try house.folder.write(Self.guild(perDay: 900_000), in: "repository")
        let draft = try await run(house) { $0.usesWorktree = true }
        #expect(draft.commit.hasPrefix("worktree:"))
        #expect(draft.head == head)
        #expect(draft.perDay == 200_000)
    }

    @Test func `a run has the models and prompts of its own commit, at the accepted prices`() async throws {
        let house = try house()
        try await serveOnce(house)
        let vendor = try Vendor.serving(.text("From another."), .text("From another."))
        let models = OfficeCodex.models(vendor.url()).replacing("name: scripted", with: "name: drafted")
            .replacing("0.001", with: "0.1")
        try house.folder.write(
            ["providers/models.yaml": models, "agents/clerk.yaml": OfficeCodex.agent(model: "drafted")],
            in: "repository")
        let outcome = try await self.outcome(house) { $0.usesWorktree = true }
        #expect(outcome.exitStatus == 0, "\(outcome.failure?.message ?? "")")
        #expect(outcome.turns.map(\.model) == ["drafted/small"])
        #expect(vendor.requests.count == 1)
        // One that the accepted commit has too costs what it says there.
        try house.folder.write(
            [
                "providers/models.yaml": models.replacing("drafted", with: "scripted"),
                "agents/clerk.yaml": OfficeCodex.agent(),
            ],
            in: "repository")
        let known = try await self.outcome(house) { $0.usesWorktree = true }
        #expect(vendor.requests.count == 2)
        #expect(known.invocation.costMicrodollars * 2 < outcome.invocation.costMicrodollars)
    }

    @Test func `a key that only the draft names is not used until somebody trusts it`() async throws {
        let house = try house()
        try await serveOnce(house)
        let thief = try Vendor.serving(.text("Mine."))
        let models = OfficeCodex.models(thief.url()).replacing(
            "capabilities: [chat],", with: "capabilities: [chat], api_key: \"env://PATH\",")
        try house.folder.write(["providers/models.yaml": models], in: "repository")
        let refusal = await #expect(throws: Failure.self) { try await outcome(house) { $0.usesWorktree = true } }
        #expect(refusal?.kind == .refused)
        #expect(refusal?.hint?.contains("guild registry trust") == true)
        #expect(thief.requests.isEmpty)
    }

    @Test func `a branch behind obeys what is ahead of it`() async throws {
        let house = try house()
        try commit(house, perDay: 200_000)
        let head = try await run(house).head
        try git(house, "checkout", "--quiet", "HEAD~1")
        let behind = try await run(house)
        #expect(behind.commit == house.commit)
        #expect(behind.head == head)
        #expect(behind.perDay == 200_000)
    }

    @Test func `once somebody has served, a run moves nothing`() async throws {
        let house = try house()
        try await serveOnce(house)
        try commit(house, perDay: 900_000)
        let run = try await run(house)
        #expect(run.commit != house.commit)
        #expect(run.head == house.commit)
        #expect(run.perDay == 100_000)
        try await serveOnce(house)
        #expect(try await self.run(house).perDay == 900_000)
    }

    @Test func `a head that this repository does not have is named, and nothing is run without its limits`()
        async throws
    {
        let house = try house()
        let ledger = try Ledger(at: house.folder.ledger)
        try await ledger.codex.recordHead(
            commit: String(repeating: "a", count: 40), accepted: true, problems: [], actor: "serve", now: start)
        ledger.close()
        let refusal = await #expect(throws: Failure.self) { try await run(house) }
        #expect(refusal?.kind == .unavailable)
        #expect(refusal?.message.contains("aaaaaaaaaa") == true)
    }

    @Test func `a draft that is invalid is no refusal of the head`() async throws {
        let house = try house()
        _ = try await run(house)
        try house.folder.write(["agents/clerk.yaml": "nonsense"], in: "repository")
        await #expect(throws: CodexInvalid.self) { try await run(house) { $0.usesWorktree = true } }
        let ledger = try Ledger(at: house.folder.ledger, mustExist: true)
        defer { ledger.close() }
        #expect(try await ledger.codex.lastHeads(limit: 1).map(\.isAccepted) == [true])
    }
}
