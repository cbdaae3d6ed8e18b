import Foundation
import GuildDomain
import GuildLedger

/// What whole invocations add to the ledger: an issue of 8 KB, two turns, one comment, as the components record them,
/// each transaction a commit of its own.
struct GrowthBench {
    private static let invocations = 200

    let setting: BenchSetting

    func run() async throws {
        let folder = try setting.folder("growth")
        let ledger = try Ledger(at: LedgerLocation(path: folder + "/ledger.sqlite"))
        defer { ledger.close() }
        let worker = try await ledger.workers.register(components: ["bench"], version: "bench", now: SystemTime().now)
        let payload = try setting.payload()
        // The first one makes pages that all others share.
        try await invocation(-1, payload, ledger, worker)
        var table = MarkdownTable(["after", "file, bytes each", "log, bytes each"])
        var done = 0
        try await ledger.upkeep.checkpoint(above: 0)
        let before = try await ledger.reports.status().bytes
        var logged: Int64 = 0
        for number in 0..<Self.invocations {
            try await invocation(number, payload, ledger, worker)
            done += 1
            // The log starts over when it is emptied: what it held is what was written.
            logged += ledger.upkeep.logBytes
            try await ledger.upkeep.checkpoint(above: 0)
            guard [1, 10, Self.invocations].contains(done) else { continue }
            let grown = try await ledger.reports.status().bytes - before
            table.add([
                "\(done)", (Double(grown) / Double(done)).figure, (Double(logged) / Double(done)).figure,
            ])
        }
        try await ledger.workers.unregister(worker, now: SystemTime().now)
        table.show(title: "What one invocation adds to the ledger")
    }

    private func invocation(_ number: Int, _ payload: [UInt8], _ ledger: Ledger, _ worker: Worker) async throws {
        let time = SystemTime()
        let name = "growth \(number)"
        var event = Event(
            id: EventID(derivedFrom: [name]), source: "/github/acme/shop", type: "issues.opened",
            subject: "acme/shop#\(number + 1)", time: time.now, system: "github", payload: payload)
        event.guildEvent = "ISSUE_OPENED"
        var policy = AcceptancePolicy(actor: "webhook-gateway")
        policy.bodyDigest = ContentDigest.bytes(of: Array(name.utf8))
        _ = try await ledger.events.accept(event, policy: policy, now: time.now)
        let id = InvocationID(now: time.now)
        for message in try await ledger.dispatch.inbound(limit: 1, now: time.now) {
            let decision = Decision(
                rule: "agents/crier#0", agent: "crier", outcome: .dispatched, reasons: ["agents/crier#0 matched"],
                invocation: NewInvocation(id: id, agent: "crier", chapter: nil, priority: .normal))
            _ = try await ledger.dispatch.record(message, [decision], commit: Self.commit, now: time.now)
        }
        try await turn(1, ledger, worker, asking: true)
        guard
            let action = try await ledger.actions.claim(
                root: nil, upTo: 1, worker: worker, charges: { _ in [] }, now: time.now
            ).first?.action
        else {
            throw Failure(.failed, "there is no action")
        }
        try await ledger.actions.finish(
            action, succeeded: true, result: "{\"id\":7}", waitUntil: time.now + .seconds(60), now: time.now)
        try await turn(2, ledger, worker, asking: false)
    }

    private static let commit = String(repeating: "0", count: 40)

    /// Claims what is next, takes one turn, and ends the invocation where the turn asks for nothing.
    private func turn(_ n: Int, _ ledger: Ledger, _ worker: Worker, asking: Bool) async throws {
        let time = SystemTime()
        guard
            let claim = try await ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: time.now).first?
                .invocation
        else { throw Failure(.failed, "there is no invocation") }
        let plan = TurnPlan(
            n: n, provider: "replay", model: "replay/small", requestDigest: Self.commit, inputBound: 3000,
            outputWanted: 1024, prices: nil,
            accounts: ["invocation/\(claim.id)", "agent/crier"].map {
                AccountLimit(account: $0, tokens: nil, setting: "")
            })
        let reservation = try await ledger.invocations.beginTurn(
            plan, of: claim, worker: worker, isSending: true, now: time.now)
        let text = String(repeating: "Thank you for the report. ", count: 10)
        let arguments: JSONValue = ["repository": "acme/shop", "number": 1, "body": .string(text)]
        var action = ActionRequest(
            id: ActionID(now: time.now), connector: "github", operation: "github.create_issue_comment",
            subject: "acme/shop#1", arguments: arguments, reason: "to answer", autonomy: .act)
        action.caps = .unlimited
        let call = ToolCall(
            position: 0, callID: "call", name: action.operation, arguments: arguments, action: action,
            actionID: action.id)
        _ = try await ledger.invocations.recordAnswer(
            TurnAnswer(
                delta: ["text": .string(text)], stop: asking ? "tool_calls" : "stop", origin: nil,
                usage: TokenUsage(input: 2900, output: 120), calls: asking ? [call] : []),
            plan: plan, reservation: reservation, of: claim, waitUntil: time.now + .seconds(60), now: time.now)
        if !asking { try await ledger.invocations.end(claim, as: .succeeded, outcome: text, now: time.now) }
    }
}
