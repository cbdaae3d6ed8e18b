import GuildDomain
import GuildLedger

/// One caller of the budget: an invocation under way that takes turn after turn.
struct BudgetLane: Sendable {
    private let ledger: Ledger
    private let worker: Worker
    private let invocation: Invocation
    private let accounts: [AccountLimit]
    private let model: String

    /// Dearer tokens than any model's, so that the rounding of money is part of it.
    private static let prices = TokenPrices(
        input: 3_000_000, cacheRead: 300_000, cacheWrite: 3_750_000, output: 15_000_000, reasoning: 15_000_000)

    /// Accepts an event for each, decides on an invocation for it and claims that; at most 1,000.
    static func begin(_ numbers: Range<Int>, in ledger: Ledger, worker: Worker, now: Timestamp) async throws -> [Self] {
        let events = numbers.map { number in
            let name = "bench \(number) \(now.microseconds)"
            return Event(
                id: EventID(derivedFrom: [name]), source: "/bench", type: "bench.made", time: now, system: "bench",
                payload: Array("{}".utf8))
        }
        try await all(events) {
            _ = try await ledger.events.accept($0, policy: AcceptancePolicy(actor: "bench"), now: now)
        }
        try await all(try await ledger.dispatch.inbound(limit: events.count, now: now)) { message in
            let agent = "agent-\(message.seq % 10)"
            let decision = Decision(
                rule: "agents/\(agent)#0", agent: agent, outcome: .dispatched, reasons: ["bench"],
                invocation: NewInvocation(
                    id: InvocationID(derivedFrom: ["invocation", message.event.id.description]), agent: agent,
                    chapter: "bench", priority: .normal))
            _ = try await ledger.dispatch.record(
                message, [decision], commit: String(repeating: "0", count: 40), now: now)
        }
        return try await all(events) { event in
            guard
                let claimed = try await ledger.invocations.claim(
                    ClaimScope(root: event.id, limits: [:]), upTo: 1, worker: worker, now: now
                ).first
            else { throw Failure(.failed, "there is nothing to claim for event \(event.id)") }
            return BudgetLane(ledger: ledger, worker: worker, invocation: claimed.invocation)
        }
    }

    /// Does it for all of them at a time.
    @discardableResult
    private static func all<Thing: Sendable, Value: Sendable>(
        _ things: [Thing], _ body: @escaping @Sendable (Thing) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for thing in things { group.addTask { try await body(thing) } }
            var values: [Value] = []
            for try await value in group { values.append(value) }
            return values
        }
    }

    private init(ledger: Ledger, worker: Worker, invocation: Invocation) {
        (self.ledger, self.worker, self.invocation) = (ledger, worker, invocation)
        model = "bench/model-\(invocation.id.bytes[15] % 3)"
        accounts = Self.accounts(of: invocation)
    }

    /// All that a call counts against, with limits that do not bind.
    private static func accounts(of invocation: Invocation) -> [AccountLimit] {
        [
            AccountLimit(account: "invocation/\(invocation.id)", tokens: .max, setting: "perInvocation"),
            AccountLimit(account: "agent/\(invocation.agent)", tokens: .max, setting: "perDay"),
            AccountLimit(account: "chapter/bench", tokens: .max, setting: "perDay"),
            AccountLimit(account: "organization", tokens: .max, setting: "manaPool.perDay"),
            AccountLimit(account: "root/\(invocation.root)", tokens: .max, setting: "root_tokens"),
        ]
    }

    /// Reserves a call's worst case as one that is sent, and settles it at less: two durable commits.
    func turn(_ number: Int, now: Timestamp) async throws {
        let plan = TurnPlan(
            n: number, provider: "bench", model: model, requestDigest: "bench", inputBound: 1200, outputWanted: 1000,
            prices: Self.prices, accounts: accounts)
        let reservation = try await ledger.invocations.beginTurn(
            plan, of: invocation, worker: worker, isSending: true, now: now)
        let answer = TurnAnswer(
            delta: ["text": "done"], stop: "tool_use", origin: nil,
            usage: TokenUsage(input: 600, cacheRead: 400, cacheWrite: 100, output: 200, reasoning: 50), calls: [])
        _ = try await ledger.invocations.recordAnswer(
            answer, plan: plan, reservation: reservation, of: invocation, waitUntil: now, now: now)
    }

    func end(now: Timestamp) async throws {
        try await ledger.invocations.end(invocation, as: .succeeded, outcome: "done", now: now)
    }
}
