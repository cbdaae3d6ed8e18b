import Foundation
import GuildCitadel
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildTestSupport
import GuildTransport
import Logging
import Synchronization

@testable import GuildRuntime

/// An instant that no test depends on: a Monday, 2026-09-21, 14:13:20 in UTC.
let start = Timestamp(seconds: 1_790_000_000)

let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// A small codex, a real ledger and a clock that stands still: what the rooms of the road work with.
final class Office: Sendable {
    let folder: TemporaryFolder
    let codex: CurrentCodex
    let ledger: Ledger
    let time: ManualTime
    let http = HTTPClient(settings: HTTPClientSettings(environment: [:]))
    let secrets: SecretResolver
    let connectors: CurrentConnectors
    /// Kept as long as somebody may call them.
    private let servers: [RawServer?]

    /// - Parameters:
    ///   - vendor: what the model `scripted` calls.
    ///   - hub: what the connector `github` calls.
    ///   - changes: files put in or replaced, nil taken out.
    ///   - secret: the first of the endpoint's secrets.
    init(
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

    var head: CodexSnapshot { codex.head }

    /// From now on the codex has these files too.
    func push(_ changes: [String: String]) throws {
        codex.accept(try folder.snapshot(of: changes, in: "codex"))
    }

    func worker() async throws -> Worker {
        try await ledger.workers.register(components: ["executor"], version: "test", now: time.now)
    }

    func parts(_ worker: Worker, substitute: ModelProviders.Substitute? = nil) -> Executor.Parts {
        let providers = ModelProviders(client: http, secrets: secrets, substitute: substitute) { _ in }
        return Executor.Parts(
            ledger: ledger.runs, codex: codex, connectors: connectors, providers: providers, worker: worker, time: time,
            logger: silent)
    }

    /// Accepts an event and decides that the clerk runs for it.
    @discardableResult
    func queue(
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

    func invocation(_ id: InvocationID) async throws -> Invocation {
        guard let invocation = try await ledger.invocations.find(id) else {
            throw Failure(.failed, "no invocation \(id)")
        }
        return invocation
    }

    /// Returns when the ledger says so; every change of an invocation or an action raises the signal.
    func wait(_ topic: Topic = .outcomes, until isTrue: () async throws -> Bool) async throws {
        let signal = ledger.signal(topic)
        while true {
            let seen = signal.generation
            if try await isTrue() { return }
            await signal.wait(after: seen)
        }
    }

    /// The kinds of the whole audit, in order.
    func auditKinds() async throws -> [String] {
        var filter = AuditFilter()
        filter.limit = 1000
        return try await ledger.audit.log(filter).map(\.kind)
    }
}

/// A folder that is removed when the last reference to it goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "guild-road-\(EventID(now: SystemTime().now))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A folder that stays behind in the temporary folder harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    var ledger: LedgerLocation { LedgerLocation(path: path + "/ledger.sqlite") }

    func write(_ files: [String: String], in name: String) throws {
        for (file, text) in files {
            let url = URL(fileURLWithPath: "\(path)/\(name)/\(file)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    /// Writes files into a folder and loads what is then there.
    func snapshot(of files: [String: String], in name: String) throws -> CodexSnapshot {
        try write(files, in: name)
        return try CodexLoader.load(folder: "\(path)/\(name)", systems: CodexAccess.systems).get()
    }
}

extension Event {
    /// An event named by `name`, so that the same name is the same event.
    static func sample(
        _ name: String, type: String = "issues.opened", guildEvent: String? = "ISSUE_OPENED", system: String = "github",
        data: JSONValue = [:], hop: Int = 0, isOwn: Bool = false
    ) -> Event {
        var event = Event(
            id: EventID(derivedFrom: [name]), source: "/\(system)/acme/shop", type: type, subject: "acme/shop#42",
            time: start, system: system, payload: data.bytes())
        event.guildEvent = guildEvent
        event.hop = hop
        event.isOwn = isOwn
        return event
    }
}

/// Collects what a run tells, from closures that may run anywhere.
final class Story: Sendable {
    private let events = Mutex<[RunEvent]>([])

    var all: [RunEvent] { events.withLock { $0 } }

    func tell(_ event: RunEvent) { events.withLock { $0.append(event) } }

    var failure: Failure? {
        for case .ended(_, _, _, let failure) in all.reversed() { return failure }
        return nil
    }

    var refusal: BudgetExceeded? {
        for case .outOfBudget(_, let refusal, _) in all.reversed() { return refusal }
        return nil
    }

    var waits: [WaitReason] { all.compactMap { if case .waiting(_, let reason) = $0 { reason } else { nil } } }
    var models: [String] { all.compactMap { if case .began(_, let model, _) = $0 { model } else { nil } } }
    var retries: [Timestamp] { all.compactMap { if case .retrying(_, _, let at) = $0 { at } else { nil } } }
}
