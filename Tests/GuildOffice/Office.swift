package import GuildCodex
package import GuildConnectors
package import GuildDomain
package import GuildLedger
package import GuildRuntime
package import GuildTestSupport
package import GuildTransport
package import Logging

/// An instant that no test depends on: a Monday, 2026-09-21, 14:13:20 in UTC.
package let start = Timestamp(seconds: 1_790_000_000)

package let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// A small codex, a real ledger and a clock that stands still: what the rooms of the road work with.
package final class Office: Sendable {
    package let folder: TemporaryFolder
    package let codex: CurrentCodex
    package let ledger: Ledger
    package let time: ManualTime
    package let http = HTTPClient(settings: HTTPClientSettings(environment: [:]))
    package let secrets: SecretResolver
    package let connectors: CurrentConnectors
    /// Kept as long as somebody may call them.
    private let servers: [RawServer?]

    /// - Parameters:
    ///   - vendor: what the model `scripted` calls.
    ///   - hub: what the connector `github` calls.
    ///   - changes: files put in or replaced, nil taken out.
    ///   - secret: the first of the endpoint's secrets.
    package init(
        vendor: RawServer? = nil, hub: RawServer? = nil, _ changes: [String: String?] = [:],
        secret: String = "open sesame"
    ) throws {
        servers = [vendor, hub]
        folder = try TemporaryFolder()
        time = ManualTime(start)
        var files = OfficeCodex.files(
            vendor: vendor?.url() ?? "http://127.0.0.1:9", hub: hub?.url() ?? "http://127.0.0.1:9")
        for (path, text) in changes { files[path] = text }
        codex = CurrentCodex(try folder.snapshot(of: files, in: "codex")) { commit in
            throw Failure(.unavailable, "there is no commit \(commit)")
        }
        ledger = try Ledger(at: folder.ledger)
        secrets = SecretResolver(redactor: Redactor(), trust: EverySecret(), http: nil, clock: time, logger: silent) {
            ["WEBHOOK_SECRET": secret, "NEXT_SECRET": "open barley"][$0]
        }
        connectors = CurrentConnectors(http: http, secrets: secrets, time: time)
    }

    deinit {
        http.shutdown()
        ledger.close()
    }

    package var head: CodexSnapshot { codex.head }

    /// From now on the codex has these files too.
    package func push(_ changes: [String: String]) throws {
        codex.accept(try folder.snapshot(of: changes, in: "codex"))
    }

    package func worker() async throws -> Worker {
        try await ledger.workers.register(components: ["executor"], version: "test", now: time.now)
    }

    /// What a run calls of the ledger.
    package var runLedgers: RunLedgers {
        RunLedgers(
            invocations: ledger.invocations, events: ledger.events, dispatch: ledger.dispatch, budgets: ledger.budgets)
    }

    package func parts(_ worker: Worker, substitute: ModelProviders.Substitute? = nil) -> Executor.Parts {
        let providers = ModelProviders(client: http, secrets: secrets, substitute: substitute) { _ in }
        return Executor.Parts(
            ledger: runLedgers, codex: codex, connectors: connectors, providers: providers, worker: worker, time: time,
            logger: silent)
    }

    /// Accepts an event and decides that the clerk runs for it.
    @discardableResult
    package func queue(
        _ name: String = "event", agent: String = "clerk", data: JSONValue = ["title": "it broke"],
        options: RunOptions = RunOptions()
    ) async throws -> InvocationID {
        let event = Event.sample(name, data: data)
        _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: time.now)
        guard
            let message = try await ledger.dispatch.inbound(limit: 1000, now: time.now).first(where: {
                $0.event.id == event.id
            })
        else { throw Failure(.failed, "the event was not taken") }
        let id = InvocationID(derivedFrom: ["invocation", name])
        let decision = Decision(
            rule: "agents/\(agent)#0", agent: agent, outcome: .dispatched, reasons: ["a test wants it"],
            invocation: NewInvocation(
                id: id, agent: agent, chapter: head.agent(agent)?.chapter, priority: .normal, options: options.json))
        _ = try await ledger.dispatch.record(message, [decision], commit: head.commit, now: time.now)
        return id
    }

    /// Claims the next action; none counts against a rate.
    package func claimAction(_ worker: Worker, now: Timestamp) async throws -> Action? {
        try await ledger.actions.claim(root: nil, upTo: 1, worker: worker, charges: { _ in [] }, now: now).first?.action
    }

    package func actions(_ id: InvocationID) async throws -> [Action] { try await ledger.actions.list(of: id) }

    /// Does the oldest action that may be done, as an action executor would.
    package func perform(_ worker: Worker, succeeded: Bool = true, result: String = "{\"id\":7}") async throws {
        guard let action = try await claimAction(worker, now: time.now) else {
            throw Failure(.failed, "there is no action to do")
        }
        try await ledger.actions.finish(
            action, succeeded: succeeded, result: result, waitUntil: time.now + .seconds(60), now: time.now)
    }

    package func invocation(_ id: InvocationID) async throws -> Invocation {
        guard let invocation = try await ledger.invocations.find(id) else {
            throw Failure(.failed, "no invocation \(id)")
        }
        return invocation
    }

    /// Returns when the ledger says so; every change of an invocation or an action raises the signal.
    package func wait(_ topic: Topic = .outcomes, until isTrue: () async throws -> Bool) async throws {
        let signal = ledger.signal(topic)
        while true {
            let seen = signal.generation
            if try await isTrue() { return }
            await signal.wait(after: seen)
        }
    }

    /// The kinds of the whole audit, in order.
    package func auditKinds() async throws -> [String] {
        var filter = AuditFilter()
        filter.limit = 1000
        return try await ledger.audit.log(filter).map(\.kind)
    }
}
