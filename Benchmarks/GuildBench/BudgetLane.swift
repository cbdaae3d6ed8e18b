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

    /// Accepts an event, decides on an invocation for it and claims that.
    init(_ number: Int, in ledger: Ledger, worker: Worker, now: Timestamp) async throws {
        let agent = "agent-\(number % 10)"
        let name = "bench \(number) \(now.microseconds)"
        let event = Event(
            id: EventID(derivedFrom: [name]), source: "/bench", type: "bench.made", time: now, system: "bench",
            payload: Array("{}".utf8))
        _ = try await ledger.accept(event, policy: AcceptancePolicy(actor: "bench"), now: now)
        guard let message = try await ledger.inbound(limit: 1000, now: now).first(where: { $0.event.id == event.id })
        else { throw Failure(.failed, "the event of lane \(number) is not in the queue") }
        let decision = Decision(
            rule: "agents/\(agent)#0", agent: agent, outcome: .dispatched, reasons: ["bench"],
            invocation: NewInvocation(
                id: InvocationID(derivedFrom: ["invocation", name]), agent: agent, chapter: "bench", priority: .normal))
        _ = try await ledger.decide(message, [decision], commit: String(repeating: "0", count: 40), now: now)
        guard
            let claimed = try await ledger.claimInvocation(
                ClaimScope(root: event.id, limits: [:]), worker: worker, now: now)
        else { throw Failure(.failed, "lane \(number) has nothing to claim") }
        self.ledger = ledger
        self.worker = worker
        invocation = claimed.invocation
        model = "bench/model-\(number % 3)"
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

    /// Reserves a call's worst case, marks it sent, and settles it at less: three durable commits.
    func turn(_ number: Int, now: Timestamp) async throws {
        let plan = TurnPlan(
            n: number, provider: "bench", model: model, requestDigest: "bench", inputBound: 1200, outputWanted: 1000,
            prices: Self.prices, accounts: accounts)
        let reservation = try await ledger.beginTurn(plan, of: invocation, worker: worker, now: now)
        try await ledger.markSent(reservation, of: invocation)
        let answer = TurnAnswer(
            delta: ["text": "done"], stop: "tool_use", origin: nil,
            usage: TokenUsage(input: 600, cacheRead: 400, cacheWrite: 100, output: 200, reasoning: 50), calls: [])
        _ = try await ledger.recordAnswer(
            answer, plan: plan, reservation: reservation, of: invocation, waitUntil: now, now: now)
    }
}
