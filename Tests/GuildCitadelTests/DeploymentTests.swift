import Foundation
import GuildCodex
import GuildConnectors
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
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
        try await deployment.ledger.audit.log(AuditFilter()).map(\.kind).filter { $0 != "trust.changed" }
    }

    private static let broken = ["agents/clerk.yaml": OfficeCodex.agent("clerk", "colour: red")]

    @Test func `a codex with errors is refused, with the refusal in the audit`() async throws {
        let house = try House(Self.broken)
        await #expect(throws: CodexInvalid.self) { _ = try await house.deployment() }
        let ledger = try Ledger(at: house.folder.ledger, mustExist: true)
        defer { ledger.close() }
        #expect(try await ledger.audit.log(AuditFilter()).map(\.kind) == ["codex.refused"])
    }

    @Test func `the accepted head is kept alive, and let go once nothing names it`() async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "test")
        #expect(try deployment.access.repository.pins.all().map(\.hex) == [house.commit])
        try await commit(house, ["prompts/clerk.md": "You are new here.\n"])
        try await CodexReload(deployment: deployment).reload()
        #expect(deployment.codex.head.commit != house.commit)
        #expect(try deployment.access.repository.pins.all().map(\.hex) == [deployment.codex.head.commit])
        #expect(try await kinds(deployment) == ["codex.accepted", "codex.accepted"])
    }

    /// Puts the branch on a commit of these bytes; what is `TREE` in them is the folder of the head.
    private func offer(_ house: House, _ text: String) async throws -> String {
        let repository = house.folder.path + "/repository"
        func git(_ arguments: String..., input: String? = nil) async throws -> String {
            let done = try await ChildProcess.run(
                "/usr/bin/env", ["git", "-C", repository] + arguments, input: input.map { Array($0.utf8) })
            guard done.status == 0 else { throw Failure(.failed, "git \(arguments): \(done.errors)") }
            return done.output.trimmingCharacters(in: .newlines)
        }
        let tree = try await git("rev-parse", "\(house.commit)^{tree}")
        let commit = try await git(
            "hash-object", "-t", "commit", "--literally", "-w", "--stdin",
            input: text.replacing("TREE", with: tree).replacing("PARENT", with: house.commit))
        let branch = try await git("symbolic-ref", "HEAD")
        try Data("\(commit)\n".utf8).write(to: URL(fileURLWithPath: "\(repository)/.git/\(branch)"))
        return commit
    }

    private func serving(_ house: House) async throws -> Deployment {
        try await Deployment(house.settings, redactor: Redactor(), role: .serving)
    }

    private static let signed = "author a <a@b> 1700000000 +0000\ncommitter a <a@b> 1700000000 +0000\n\nx\n"

    @Test(arguments: ["tree TREE\ntree TREE\nparent PARENT\n" + signed, "tree TREE\nparent PARENT\n\nx\n", "x"])
    func `a head that is no proper commit is refused, and the accepted one begun with`(text: String) async throws {
        let house = try House()
        let first = try await serving(house)
        try await first.acceptHead(actor: "serve")
        first.close()
        let bad = try await offer(house, text)
        let second = try await serving(house)
        defer { second.close() }
        #expect(second.codex.head.commit == house.commit)
        #expect(second.refusal?.commit == bad)
        #expect(second.refusal?.errors.first?.text.contains("is malformed") == true)
        #expect(second.refusal?.hint?.contains("validate") == false)
        #expect(try await kinds(second).sorted() == ["codex.accepted", "codex.refused"])
        let head = try #require(try await second.ledger.codex.lastHeads(limit: 1).first)
        #expect(head.commit == bad && !head.isAccepted)
        await #expect(throws: CodexInvalid.self) { _ = try await house.deployment() }
    }

    @Test func `a head that cannot be read is left for later, and the accepted one begun with`() async throws {
        let house = try House()
        let absent = String(repeating: "1", count: 40)
        let text = "tree \(absent)\nparent PARENT\n" + Self.signed
        _ = try await offer(house, text)
        await #expect(throws: CodexRepositoryError.self) { _ = try await serving(house) }

        let other = try House()
        let first = try await serving(other)
        try await first.acceptHead(actor: "serve")
        first.close()
        _ = try await offer(other, text)
        let second = try await serving(other)
        defer { second.close() }
        #expect(second.codex.head.commit == other.commit)
        #expect(second.unreadable?.message.contains(absent) == true)
        #expect(second.refusal == nil)
        #expect(try await kinds(second) == ["codex.accepted"])
    }

    @Test func `a ledger whose accepted commit is in another repository says what to do`() async throws {
        let (house, stranger) = (try House(), try House(["prompts/clerk.md": "You are another.\n"]))
        let first = try await serving(house)
        try await first.acceptHead(actor: "serve")
        first.close()
        var settings = stranger.settings
        settings.ledger = house.folder.ledger.path
        let refusal = await #expect(throws: Failure.self) {
            _ = try await Deployment(settings, redactor: Redactor(), role: .writing)
        }
        #expect(refusal?.kind == .unavailable)
        #expect(refusal?.message.contains("does not have commit") == true)
        #expect(refusal?.hint?.contains("guild ledger use --new") == true)
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
        let worker = try await deployment.ledger.workers.register(components: ["run"], version: "test", now: start)
        try await deployment.ledger.dispatch.beginRun(
            event, decision, actor: "user:ada", commit: house.commit, lease: worker.lease(now: start), now: start)
        try await commit(house, ["prompts/clerk.md": "You are new here.\n"])
        try await CodexReload(deployment: deployment).reload()
        #expect(try deployment.access.repository.pins.all().map(\.hex).contains(house.commit))
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
        _ = try await second.ledger.events.accept(event, policy: AcceptancePolicy(actor: "test"), now: start)
        let dispatcher = second.dispatcher()
        while try await dispatcher.dispatchWaiting() > 0 {}
        let trace = try #require(try await second.ledger.reports.trace(of: event.id))
        #expect(trace.decisions.map(\.commit) == [first.codex.head.commit])
        #expect(second.codex.head.commit == first.codex.head.commit)
    }

    @Test func `a head that cannot be read here stops decisions and nothing else`() async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "test")
        deployment.codex.startFollowing()
        let dispatcher = deployment.dispatcher()
        let event = Event.sample("a")
        _ = try await deployment.ledger.events.accept(event, policy: AcceptancePolicy(actor: "test"), now: start)
        // Another clone has accepted what was not fetched into this one.
        try await deployment.ledger.codex.recordHead(
            commit: String(repeating: "a", count: 40), accepted: true, problems: [], actor: "test", now: start)
        #expect(try await dispatcher.dispatchWaiting() == 0)
        #expect(try await deployment.ledger.reports.trace(of: event.id)?.decisions.isEmpty == true)
        try await deployment.ledger.codex.recordHead(
            commit: house.commit, accepted: true, problems: [], actor: "test", now: start)
        #expect(try await dispatcher.dispatchWaiting() == 1)
        #expect(try await deployment.ledger.reports.trace(of: event.id)?.decisions.count == 1)
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
        let drain = Drain(
            reports: ledger.reports, scheduler: nil, components: [component], time: SystemTime(), logger: silent)
        let event = PendingWork(events: true, invocations: false, actions: false)
        let invocation = PendingWork(events: false, invocations: true, actions: false)
        let action = PendingWork(events: false, invocations: false, actions: true)
        #expect(drain.isOurs(event) == (component == .dispatcher))
        #expect(drain.isOurs(invocation) == (component == .executor))
        #expect(drain.isOurs(action) == (component == .actionExecutor))
        #expect(
            try await ledger.reports.pendingWork() == PendingWork(events: false, invocations: false, actions: false))
    }
}
