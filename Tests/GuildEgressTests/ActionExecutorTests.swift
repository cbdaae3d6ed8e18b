import GuildCodex
import GuildConnectors
import GuildDomain
import GuildEgress
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ActionExecutorTests {
    /// An office whose clerk has asked for the calls in one turn.
    private func office(
        _ hub: RawServer, autonomy: Int = 3, _ calls: [(name: String, arguments: JSONValue)]
    ) async throws -> (Office, InvocationID) {
        let vendor = try Vendor.serving(.calls(calls, saying: "Because."), .text("Done."))
        let office = try Office(vendor: vendor, hub: hub, ["agents/clerk.yaml": OfficeCodex.agent(autonomy: autonomy)])
        let id = try await office.queue()
        let waiting = try await office.attempt(try await office.worker())
        #expect(waiting?.state == .waiting)
        return (office, id)
    }

    private static let comment = [(name: "github.create_issue_comment", arguments: Hub.comment)]
    private static let labels = [(name: "github.add_labels", arguments: Hub.labels)]

    private func withExecutor(_ office: Office, _ body: () async throws -> Void) async throws {
        let executor = ActionExecutor(
            ActionExecutor.Parts(
                actions: office.ledger.actions, events: office.ledger.events,
                invocations: office.ledger.invocations, codex: office.codex, connectors: office.connectors,
                worker: try await office.worker(), time: office.time, logger: silent))
        let running = Task { try await executor.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = await running.result
    }

    private func action(_ office: Office, _ id: InvocationID) async throws -> Action {
        try #require(try await office.actions(id).first)
    }

    private func waitForEnd(_ office: Office, _ id: InvocationID) async throws {
        try await office.wait(.actions) { try await office.actions(id).allSatisfy(\.state.isFinal) }
    }

    @Test func `an action is done once and its result handed to the model`() async throws {
        let hub = try Hub.serving()
        let (office, id) = try await office(hub, Self.comment)
        try await withExecutor(office) { try await waitForEnd(office, id) }
        let action = try await action(office, id)
        #expect(action.state == .succeeded)
        #expect(hub.requests.map(\.method) == ["POST"])
        #expect(hub.requests.first?.headers["Idempotency-Key"] == action.id.description)
        #expect(try hub.bodies.first?["body"]?.string?.hasSuffix("<!-- guild:\(action.id) -->") == true)
        #expect(try await office.invocation(id).state == .queued)
        #expect(try await office.ledger.invocations.turns(of: id).first?.calls.first?.result == action.result)
    }

    @Test func `Retry-After is obeyed, and a retry looks for what the first try has written`() async throws {
        let (count, written) = (Counter(), ByteBox())
        let hub = try Hub.serving { request in
            switch request.method {
            case "POST":
                written.set(request.body)
                // It is done, and we never hear of it.
                return count.next() == 0 ? Hub.json(503, [:], headers: ["Retry-After": "30"]) : Hub.answer(request)
            default:
                let body = (try? JSONParser.parse(written.get()))?["body"] ?? .null
                return Hub.json(200, [["id": 7, "body": body, "user": ["login": "guild-bot", "type": "User"]]])
            }
        }
        let (office, id) = try await office(hub, Self.comment)
        try await withExecutor(office) {
            try await office.wait(.actions) {
                let action = try await action(office, id)
                return action.state == .queued && action.attempt == 1
            }
            office.time.advance(by: .seconds(29))
            let worker = try await office.worker()
            let early = try await office.claimAction(worker, now: office.time.now)
            #expect(early == nil)
            office.time.advance(by: .seconds(1))
            try await waitForEnd(office, id)
        }
        #expect(try await action(office, id).state == .succeeded)
        #expect(try await action(office, id).attempt == 2)
        #expect(hub.requests.filter { $0.method == "POST" }.count == 1)
    }

    /// A hub whose first comment is lost to us, and stored when `isStored` says so.
    private static func slowHub(
        _ lost: [RawServer.Step], isStored: @escaping @Sendable () -> Bool
    ) throws -> RawServer {
        let (count, written) = (Counter(), ByteBox())
        return try Hub.serving { request in
            guard request.method == "GET" else {
                written.set(request.body)
                return count.next() == 0 ? lost : Hub.answer(request)
            }
            // A body that we wrote ourselves.
            let body = (try? JSONParser.parse(written.get()))?["body"] ?? .null
            let stored: JSONValue = ["id": 7, "body": body, "user": ["login": "guild-bot", "type": "User"]]
            return Hub.json(200, isStored() ? [stored] : [])
        }
    }

    private func waitUntilPutBack(_ office: Office, _ id: InvocationID, availableAt: Timestamp) async throws {
        let worker = try await office.worker()
        try await office.wait(.actions) {
            try await office.ledger.actions.nextTime(worker: worker, now: office.time.now) == availableAt
        }
    }

    @Test func `a comment that GitHub stores after its reply was lost is not written again`() async throws {
        let looks = Counter()
        let hub = try Self.slowHub([.close]) { looks.next() > 0 }
        let (office, id) = try await office(hub, Self.comment)
        let landing = GitHubSettings().landingTime
        try await withExecutor(office) {
            try await office.wait(.actions) {
                let action = try await action(office, id)
                return action.state == .queued && action.attempt == 1
            }
            office.time.advance(by: .seconds(10))
            try await waitUntilPutBack(office, id, availableAt: start + landing)
            #expect(hub.requests.map(\.method) == ["POST", "GET"])
            office.time.set(to: start + landing)
            try await waitForEnd(office, id)
        }
        #expect(hub.requests.map(\.method) == ["POST", "GET", "GET"])
        #expect(try await action(office, id).state == .succeeded)
    }

    @Test func `after a crash a comment is written again only when the first can no longer arrive`() async throws {
        let hub = try Self.slowHub([.stallForever]) { false }
        let (office, id) = try await office(hub, Self.comment)
        let landing = GitHubSettings().landingTime
        try await withExecutor(office) { await hub.waitForRequests(1) }
        for _ in 1...3 {
            // However often we start again, what only looked sends nothing and begins no new wait.
            try await withExecutor(office) {
                try await waitUntilPutBack(office, id, availableAt: start + landing)
            }
            office.time.advance(by: .seconds(1))
        }
        #expect(try await action(office, id).attempt == 1)
        #expect(!hub.requests.dropFirst().map(\.method).contains("POST"))
        office.time.set(to: start + landing)
        try await withExecutor(office) { try await waitForEnd(office, id) }
        #expect(hub.requests.filter { $0.method == "POST" }.count == 2)
        #expect(hub.requests.suffix(2).map(\.method) == ["GET", "POST"])
        #expect(try await action(office, id).state == .succeeded)
    }

    @Test func `tries end, and the model is told`() async throws {
        let hub = try Hub.serving { _ in Hub.json(500, ["message": "no"]) }
        let (office, id) = try await office(hub, Self.labels)
        try await withExecutor(office) {
            for attempt in 1...2 {
                try await office.wait(.actions) {
                    let action = try await action(office, id)
                    return action.state == .queued && action.attempt == attempt
                }
                office.time.advance(by: .seconds(20))
            }
            try await waitForEnd(office, id)
        }
        #expect(try await action(office, id).state == .failed)
        #expect(hub.requests.count == 3)
        let call = try #require(try await office.ledger.invocations.turns(of: id).first?.calls.first)
        #expect(call.isError)
        #expect(call.result == "github.add_labels: GitHub answers 500: no")
        let kinds = try await office.auditKinds()
        #expect(kinds.filter { $0 == "action.attempted" }.count == 3)
        #expect(kinds.filter { $0 == "action.retried" }.count == 2)
    }

    @Test(arguments: [400, 401, 403, 404, 422]) func `a refusal is for good`(status: Int) async throws {
        let hub = try Hub.serving { _ in Hub.json(status, ["message": "no"]) }
        let (office, id) = try await office(hub, Self.labels)
        try await withExecutor(office) { try await waitForEnd(office, id) }
        #expect(try await action(office, id).state == .failed)
        #expect(hub.requests.count == 1)
    }

    @Test func `how often is tried again is the head's to say, at the moment of failing`() async throws {
        let hub = try Hub.serving { _ in Hub.json(500, [:]) }
        let (office, id) = try await office(hub, Self.labels)
        try office.push(["guild.yaml": OfficeCodex.manifest("Guild", "acme", "defaults: { retries: { max: 0 } }")])
        try await withExecutor(office) { try await waitForEnd(office, id) }
        #expect(hub.requests.count == 1)
    }

    @Test func `actions on one subject are done in order, one after the other`() async throws {
        let gate = try RawServerGate()
        let hub = try Hub.serving { request in
            request.path.hasSuffix("/comments") ? [.waitUntilReleased(gate)] + Hub.answer(request) : Hub.answer(request)
        }
        let (office, id) = try await office(hub, Self.comment + Self.labels)
        let worker = try await office.worker()
        try await withExecutor(office) {
            await hub.waitForRequests(1)
            let next = try await office.claimAction(worker, now: start)
            #expect(next == nil)
            gate.release()
            try await waitForEnd(office, id)
        }
        #expect(hub.requests.map { $0.path.split(separator: "/").last } == ["comments", "labels"])
        #expect(try await office.invocation(id).state == .queued)
    }

    @Test func `our own end fails no action; it is done by the next process`() async throws {
        let count = Counter()
        let hub = try Hub.serving { request in count.next() == 0 ? [.stallForever] : Hub.answer(request) }
        let (office, id) = try await office(hub, Self.labels)
        try office.push(["guild.yaml": OfficeCodex.manifest("Guild", "acme", "defaults: { retries: { max: 0 } }")])
        try await withExecutor(office) { await hub.waitForRequests(1) }
        let back = try await action(office, id)
        #expect(back.state == .queued)
        #expect(try await office.invocation(id).state == .waiting)
        try await withExecutor(office) { try await waitForEnd(office, id) }
        #expect(try await action(office, id).state == .succeeded)
    }

    @Test func `doing and telling leaves a notification, an action that nobody agreed to is left alone`() async throws {
        let hub = try Hub.serving()
        let (told, id) = try await office(hub, autonomy: 2, Self.labels)
        try await withExecutor(told) { try await waitForEnd(told, id) }
        #expect(try await told.ledger.reports.status().notificationsPending == 1)
        let (asked, other) = try await office(hub, autonomy: 1, Self.labels)
        let worker = try await asked.worker()
        #expect(try await asked.claimAction(worker, now: start) == nil)
        #expect(try await action(asked, other).state == .awaiting)
    }
}
