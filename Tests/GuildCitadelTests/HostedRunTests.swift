import GuildCitadel
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Synchronization
import Testing

@testable import GuildRuntime

@Suite(.timeLimit(.minutes(1))) struct HostedRunTests {
    private func run(
        _ deployment: Deployment, _ agent: String = "clerk", story: Story = Story(),
        approve: @escaping HostedRun.Approve = { _ in nil }
    ) async throws -> RunOutcome {
        var options = RunOptions()
        options.input = "Thank them."
        options.containers = [Container(system: "github", name: "acme/shop")]
        return try await HostedRun(RunRequest(agent: agent, options: options, user: "user:ada"), in: deployment)
            .run(observe: story.tell, approve: approve)
    }

    private func house(autonomy: Int, hub: RawServer, _ answers: Vendor.Answer...) throws -> House {
        try House(
            vendor: try Vendor.serving(answers),
            [
                "agents/clerk.yaml": OfficeCodex.agent(autonomy: autonomy),
                "connectors/github.yaml": OfficeCodex.connector(hub.url()),
            ])
    }

    @Test func `a run goes the road of serve: event, decision, invocation, end`() async throws {
        let house = try House(vendor: try Vendor.serving(.text("Thank you.")))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let outcome = try await run(deployment, "Clerk")
        #expect(outcome.exitStatus == 0)
        #expect(outcome.invocation.outcome == "Thank you.")
        #expect(outcome.turns.count == 1)
        let trace = try #require(try await deployment.ledger.reports.trace(of: outcome.invocation.event))
        #expect(trace.event.source == "/cli/ada")
        #expect(trace.decisions.map(\.rule) == ["cli"])
        #expect(trace.decisions.map(\.commit) == [house.commit])
        #expect(try await deployment.ledger.reports.status().processes.isEmpty)
        #expect(try deployment.access.repository.pins.all().map(\.hex) == [house.commit])
    }

    @Test(arguments: [
        ("scriptd", "did you mean 'scripted'?"), ("scriptd/small", "did you mean 'scripted/small'?"),
        ("nothing-like-it", "name one of its providers, or PROVIDER/MODEL"),
    ])
    func `a model that is not in the codex is refused before anything is recorded`(
        model: String, hint: String
    ) async throws {
        let vendor = try Vendor.serving(.text("Thank you."))
        let house = try House(vendor: vendor)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        var options = RunOptions()
        options.model = model
        let request = RunRequest(agent: "clerk", options: options, user: "user:ada")
        let failure = #expect(throws: Failure.self) { _ = try HostedRun(request, in: deployment) }
        #expect(failure?.kind.exitStatus == 2)
        #expect(failure?.message == "agent clerk: there is no model '\(model)' in the codex's LLMRegistry")
        #expect(failure?.hint == hint)
        #expect(try await deployment.ledger.codex.acceptedHead() == nil)
        #expect(try await deployment.ledger.reports.status().deadLetters == 0)
    }

    @Test func `a failure has its reason and its exit status`() async throws {
        let house = try House(vendor: try Vendor.serving(.status(401)))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let outcome = try await run(deployment)
        #expect(outcome.invocation.state == .failed)
        #expect(outcome.failure?.message.contains("401") == true)
        #expect(outcome.exitStatus == 1)
    }

    @Test func `an action that GitHub refuses is shown, and the run does not count as done`() async throws {
        let hub = try Hub.serving { _ in
            Hub.json(
                422, ["message": "Validation Failed", "errors": [["field": "body", "code": "invalid"]]])
        }
        let house = try house(
            autonomy: 3, hub: hub, .calls([("github.create_issue_comment", Hub.comment)]), .text("It was refused."))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let outcome = try await run(deployment)
        #expect(outcome.invocation.state == .succeeded)
        #expect(outcome.refused.map(\.operation) == ["github.create_issue_comment"])
        #expect(outcome.refused.first?.error?.contains("body invalid") == true)
        #expect(outcome.exitStatus == 1)
    }

    @Test func `a refused action that a later one makes up for is no failure`() async throws {
        let count = Counter()
        let hub = try Hub.serving { request in
            count.next() == 0 ? Hub.json(422, ["message": "no"]) : Hub.answer(request)
        }
        let house = try house(
            autonomy: 3, hub: hub, .calls([("github.create_issue_comment", Hub.comment)]),
            .calls([("github.create_issue_comment", Hub.comment)]), .text("Now it is there."))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        #expect(try await run(deployment).exitStatus == 0)
    }

    @Test func `a run that a budget stops keeps what it has, and goes on after a grant`() async throws {
        let hub = try Hub.serving()
        let house = try house(
            autonomy: 3, hub: hub, .calls([("github.add_labels", Hub.labels)]), .text("Labelled."))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let ledger = deployment.ledger
        var options = RunOptions()
        options.input = "Label it."
        options.containers = [Container(system: "github", name: "acme/shop")]
        options.budget = 1_000
        let request = RunRequest(agent: "clerk", options: options, user: "user:ada")
        let stopped = try await HostedRun(request, in: deployment).run(observe: { _ in }, approve: { _ in nil })
        try #require(stopped.invocation.state == .waiting, "\(stopped.failure?.message ?? "")")
        #expect(stopped.invocation.waitReason == .budget)
        #expect(stopped.exitStatus == ErrorKind.outOfBudget.exitStatus)
        let id = stopped.invocation.id
        #expect(stopped.failure?.hint?.contains("guild budget grant invocation/\(id)") == true)
        #expect(stopped.failure?.hint?.contains("guild run --resume \(id)") == true)
        #expect(stopped.turns.count <= 1)
        _ = try await ledger.budgets.grant(
            GrantRequest(account: .invocation(id), tokens: 100_000, reason: "go on", actor: "user:ada"),
            now: deployment.time.now)
        var again = request
        again.resumed = id
        let ended = try await HostedRun(again, in: deployment).run(observe: { _ in }, approve: { _ in nil })
        #expect(ended.exitStatus == 0)
        #expect(ended.invocation.id == id)
        #expect(ended.invocation.outcome == "Labelled.")
        #expect(hub.requests.count == 1)
        #expect(try await ledger.budgets.verify(now: deployment.time.now).isSound)
        await #expect(throws: Failure.self) {
            _ = try await HostedRun(again, in: deployment).run(observe: { _ in }, approve: { _ in nil })
        }
    }

    @Test func `an approval past the hour's cap says which actions of other runs go with it`() async throws {
        let labels = ("github.add_labels", Hub.labels)
        // Actions on one subject run in order, and nobody is there to run those of the first.
        let other: JSONValue = ["repository": "acme/shop", "number": 7, "labels": ["bug"]]
        let vendor = try Vendor.serving([
            .calls([labels, labels, labels]), .calls([("github.add_labels", other)]), .text("Labelled."),
        ])
        let hub = try Hub.serving()
        let house = try House(
            vendor: vendor,
            [
                "agents/clerk.yaml": OfficeCodex.agent("clerk", "actions: { perHour: 2 }"),
                "connectors/github.yaml": OfficeCodex.connector(hub.url()),
            ])
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let first = try await run(deployment)
        #expect(first.exitStatus == ErrorKind.refused.exitStatus)
        let waiting = try #require(first.awaiting.first)
        #expect(first.standings[waiting.id]?.used == 2)
        let second = try await run(deployment) { _ in (approve: true, reason: nil) }
        #expect(second.released.map(\.id) == [waiting.id])
        #expect(try await deployment.ledger.actions.find(waiting.id)?.state == .queued)
    }

    @Test func `an agent that is not there is named with the nearest`() async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        await #expect(throws: Failure(.usage, "there is no agent 'clark'", hint: "did you mean 'clerk'?")) {
            _ = try await run(deployment, "clark")
        }
    }

    @Test func `a person's yes at the terminal lets it go on`() async throws {
        let hub = try Hub.serving()
        let house = try house(autonomy: 1, hub: hub, .calls([("github.add_labels", Hub.labels)]), .text("Labelled."))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let outcome = try await run(deployment) { _ in (true, "go on") }
        #expect(outcome.exitStatus == 0)
        #expect(hub.requests.count == 1)
        let trace = try #require(try await deployment.ledger.reports.trace(of: outcome.invocation.event))
        #expect(trace.invocations.first?.actions.first?.approval?.actor == "user:ada")
    }

    @Test func `a person is asked after everything that led to the question was told`() async throws {
        let hub = try Hub.serving()
        let house = try house(autonomy: 1, hub: hub, .calls([("github.add_labels", Hub.labels)]), .text("Labelled."))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let story = Story()
        let told = Mutex<[[WaitReason]]>([])
        _ = try await run(deployment, story: story) { _ in
            told.withLock { $0.append(story.waits) }
            return (true, "go on")
        }
        #expect(told.withLock { $0 } == [[.approval]])
    }

    @Test func `where nobody answers it stays waiting, and says for what`() async throws {
        let hub = try Hub.serving()
        let house = try house(autonomy: 1, hub: hub, .calls([("github.add_labels", Hub.labels)]))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let outcome = try await run(deployment)
        #expect(outcome.exitStatus == 5)
        #expect(outcome.awaiting.map(\.operation) == ["github.add_labels"])
        #expect(hub.requests.isEmpty)
    }

    @Test func `who decides elsewhere while we ask is obeyed, and a rejection shows in the exit status`() async throws {
        let hub = try Hub.serving()
        let house = try house(autonomy: 1, hub: hub, .calls([("github.add_labels", Hub.labels)]), .text("As you wish."))
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let outcome = try await run(deployment) { action in
            let now = deployment.time.now
            // What it throws shows in what the ledger has afterwards.
            _ = try? await deployment.ledger.actions.decide(
                action.id, approve: false, actor: "user:bob", reason: nil, waitUntil: now, now: now)
            return (true, nil)
        }
        #expect(outcome.exitStatus == 5)
        #expect(outcome.refused.map(\.state) == [.rejected])
        #expect(hub.requests.isEmpty)
        let trace = try #require(try await deployment.ledger.reports.trace(of: outcome.invocation.event))
        #expect(trace.invocations.first?.actions.first?.approval?.actor == "user:bob")
    }

    @Test func `a wish to stop settles the call and ends as interrupted`() async throws {
        let vendor = try Vendor.serving(.steps([.stallForever]))
        let house = try House(vendor: vendor)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let hosted = try HostedRun(
            RunRequest(agent: "clerk", options: RunOptions(), user: "user:ada"), in: deployment)
        let begun = Mutex<InvocationID?>(nil)
        let cancelling = Task {
            await vendor.waitForRequests(1)
            if let id = begun.withLock({ $0 }) { try await hosted.cancel(id) }
        }
        let outcome = try await hosted.run(
            observe: { event in
                if case .began(let invocation, _, _) = event { begun.withLock { $0 = invocation.id } }
            }, approve: { _ in nil })
        try await cancelling.value
        #expect(outcome.invocation.state == .cancelled)
        #expect(outcome.exitStatus == 130)
        #expect(outcome.invocation.usage.output == 1024)
    }
}
