import Foundation
import GuildBudgets
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildOffice
import GuildTestSupport
import Synchronization
import Testing

@testable import GuildCitadel

/// What commands of operators act on: the codex that is in force, whatever HEAD holds.
@Suite(.timeLimit(.minutes(2))) struct OperatedCodexTests {
    /// The commit of a codex that has an agent, as `OperatedCodex` looks for it.
    private func commit(with agent: String, _ operated: OperatedCodex) throws -> String {
        try operated.find { snapshot in
            guard snapshot.agent(agent) != nil else { throw snapshot.unknownAgent(agent) }
        }.snapshot.commit
    }

    @Test func `the codex in force is asked first, and a named revision before it`() throws {
        let inForce = try OfficeCodex.snapshot()
        let asked = try OfficeCodex.snapshot([
            "agents/clerk.yaml": nil, "agents/scout.yaml": OfficeCodex.agent("scout"),
            "chapters/office.yaml": OfficeCodex.manifest("Chapter", "office", "master: scout"),
        ])
        let head = OperatedCodex(inForce: inForce, asked: asked, isAtHead: true)
        #expect(try commit(with: "clerk", head) == inForce.commit)
        #expect(try commit(with: "scout", head) == asked.commit)
        // The names of the codex in force are proposed.
        #expect(throws: inForce.unknownAgent("clrk")) { try commit(with: "clrk", head) }
        let named = OperatedCodex(inForce: inForce, asked: asked, isAtHead: false)
        #expect(throws: asked.unknownAgent("clrk")) { try commit(with: "clrk", named) }
        #expect(try commit(with: "clerk", named) == inForce.commit)
    }

    @Test func `a command that writes begins with the accepted commit while HEAD is invalid, and says so`() async throws
    {
        let house = try House()
        let first = try await Deployment(house.settings, redactor: Redactor(), role: .serving)
        try await first.acceptHead(actor: "serve")
        first.close()
        try house.folder.write(["agents/clerk.yaml": "nonsense"], in: "repository")
        func git(_ arguments: String...) async throws -> String {
            let person = ["user.name=t", "user.email=t@localhost", "commit.gpgsign=false"].flatMap { ["-c", $0] }
            let done = try await ChildProcess.run(
                "/usr/bin/env", ["git", "-C", house.folder.path + "/repository"] + person + arguments)
            #expect(done.status == 0, "\(done.errors)")
            return done.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        _ = try await git("commit", "--quiet", "--all", "-m", "nonsense")
        let remarks = Mutex<[String]>([])
        var settings = house.settings
        settings.remark = { text in remarks.withLock { $0.append(text) } }
        let deployment = try await Deployment(settings, redactor: Redactor(), role: .writing)
        #expect(deployment.asked.commit == house.commit)
        #expect(deployment.codex.head.commit == house.commit)
        deployment.close()
        #expect(remarks.withLock { $0 }.count == 1)
        #expect(remarks.withLock { $0.first?.contains("HEAD is invalid") } == true)
        let context = try CommandContext(settings)
        defer { context.close() }
        #expect(try await context.snapshot().commit == house.commit)
        #expect(try await context.obeyed().snapshot.commit == house.commit)
        #expect(try await context.operated().find { $0.commit }.value == house.commit)
        // Whoever names a revision means it.
        settings.revision = try await git("rev-parse", "HEAD")
        await #expect(throws: CodexInvalid.self) {
            _ = try await Deployment(settings, redactor: Redactor(), role: .writing)
        }
        // A run is of the commit that is checked out, or of none.
        await #expect(throws: CodexInvalid.self) { _ = try await house.deployment() }
    }
}
