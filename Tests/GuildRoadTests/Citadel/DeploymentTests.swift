import Foundation
import GuildCodex
import GuildConnectors
import GuildControl
import GuildDomain
import GuildLedger
import Logging
import Testing

@testable import GuildCitadel

@Suite(.timeLimit(.minutes(10))) struct DeploymentTests {
    /// Writes files into the repository and commits all that is there.
    private func commit(_ house: House, _ files: [String: String]) async throws {
        try house.folder.write(files, in: "repository")
        for arguments in [["add", "--all"], ["commit", "--quiet", "-m", "change"]] {
            let git = Process()
            git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            git.arguments =
                [
                    "git", "-C", house.folder.path + "/repository", "-c", "user.name=t", "-c", "user.email=t@localhost",
                    "-c",
                    "commit.gpgsign=false",
                ] + arguments
            try git.run()
            git.waitUntilExit()
            guard git.terminationStatus == 0 else { throw Failure(.failed, "git \(arguments) failed") }
        }
    }

    private func kinds(_ deployment: Deployment) async throws -> [String] {
        // Which secrets are trusted has tests of its own.
        try await deployment.ledger.auditLog(AuditFilter()).map(\.kind).filter { $0 != "trust.changed" }
    }

    private static let broken = ["agents/clerk.yaml": OfficeCodex.agent("clerk", "colour: red")]

    @Test func `a codex with errors is refused, with the refusal in the audit`() async throws {
        let house = try House(Self.broken)
        await #expect(throws: CodexInvalid.self) { _ = try await house.deployment() }
        let ledger = try Ledger(at: house.folder.ledger, mustExist: true)
        defer { ledger.close() }
        #expect(try await ledger.auditLog(AuditFilter()).map(\.kind) == ["codex.refused"])
    }

    @Test func `the accepted head is kept alive, and let go once nothing names it`() async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "test")
        #expect(try deployment.access.repository.pinnedCommits().map(\.hex) == [house.commit])
        try await commit(house, ["prompts/clerk.md": "You are new here.\n"])
        try await CodexReload(deployment: deployment).reload()
        #expect(deployment.codex.head.commit != house.commit)
        #expect(try deployment.access.repository.pinnedCommits().map(\.hex) == [deployment.codex.head.commit])
        #expect(try await kinds(deployment) == ["codex.accepted", "codex.accepted"])
    }

    @Test func `a commit that unfinished work names is kept across a reload`() async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "test")
        let event = Event.sample("a")
        let decision = Decision(
            rule: "cli", agent: "clerk", outcome: .dispatched, reasons: [],
            invocation: NewInvocation(
                id: InvocationID(derivedFrom: ["a"]), agent: "clerk", chapter: nil, priority: .normal))
        let worker = try await deployment.ledger.register(components: ["run"], version: "test", now: start)
        try await deployment.ledger.begin(
            event, decision, actor: "user:ada", commit: house.commit, lease: worker.lease(now: start), now: start)
        try await commit(house, ["prompts/clerk.md": "You are new here.\n"])
        try await CodexReload(deployment: deployment).reload()
        #expect(try deployment.access.repository.pinnedCommits().map(\.hex).contains(house.commit))
        let old = try await deployment.codex.snapshot(commit: house.commit)
        let agent = try #require(old.agent("clerk"))
        #expect(old.prompt(of: agent) == "You are the clerk.\n")
    }

    @Test func `a process that has not noticed yet decides on the commit that another has accepted`() async throws {
        let house = try House()
        let (first, second) = (try await house.deployment(), try await house.deployment())
        defer {
            first.close()
            second.close()
        }
        try await first.acceptHead(actor: "test")
        second.codex.startFollowing()
        try await commit(house, ["prompts/clerk.md": "You are new here.\n"])
        try await CodexReload(deployment: first).reload()
        #expect(second.codex.head.commit == house.commit)

        let event = Event.sample("a")
        _ = try await second.ledger.accept(event, policy: AcceptancePolicy(actor: "test"), now: start)
        let dispatcher = Dispatcher(ledger: second.ledger, codex: second.codex, time: second.time, logger: silent)
        while try await dispatcher.dispatchWaiting() > 0 {}
        let trace = try #require(try await second.ledger.trace(of: event.id))
        #expect(trace.decisions.map(\.commit) == [first.codex.head.commit])
        #expect(second.codex.head.commit == first.codex.head.commit)
    }

    @Test func `a head that cannot be read here stops decisions and nothing else`() async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "test")
        deployment.codex.startFollowing()
        let dispatcher = Dispatcher(
            ledger: deployment.ledger, codex: deployment.codex, time: deployment.time, logger: silent)
        let event = Event.sample("a")
        _ = try await deployment.ledger.accept(event, policy: AcceptancePolicy(actor: "test"), now: start)
        // Another clone has accepted what was not fetched into this one.
        try await deployment.ledger.recordHead(
            commit: String(repeating: "a", count: 40), accepted: true, problems: [], actor: "test", now: start)
        #expect(try await dispatcher.dispatchWaiting() == 0)
        #expect(try await deployment.ledger.trace(of: event.id)?.decisions.isEmpty == true)
        try await deployment.ledger.recordHead(
            commit: house.commit, accepted: true, problems: [], actor: "test", now: start)
        #expect(try await dispatcher.dispatchWaiting() == 1)
        #expect(try await deployment.ledger.trace(of: event.id)?.decisions.count == 1)
    }

    @Test func `a push with an error is refused whole, and the last good one runs on`() async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "test")
        try await commit(house, Self.broken)
        try await CodexReload(deployment: deployment).reload()
        #expect(deployment.codex.head.commit == house.commit)
        #expect(try await kinds(deployment) == ["codex.accepted", "codex.refused"])
    }

    @Test(arguments: Component.running) func `a drain waits for what its own components do`(component: Component)
        async throws
    {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(at: folder.ledger)
        defer { ledger.close() }
        let drain = Drain(ledger: ledger, scheduler: nil, components: [component], time: SystemTime(), logger: Logger(label: "test"))
        let event = PendingWork(events: true, invocations: false, actions: false)
        let invocation = PendingWork(events: false, invocations: true, actions: false)
        let action = PendingWork(events: false, invocations: false, actions: true)
        #expect(drain.isOurs(event) == (component == .dispatcher))
        #expect(drain.isOurs(invocation) == (component == .executor))
        #expect(drain.isOurs(action) == (component == .actionExecutor))
        #expect(try await ledger.pendingWork() == PendingWork(events: false, invocations: false, actions: false))
    }
}
