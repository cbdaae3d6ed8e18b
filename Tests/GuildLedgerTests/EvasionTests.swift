import GuildDomain
import Testing

@testable import GuildLedger

/// Values that evade the schema's checks, in a damaged file or by an edit: none gives more than its row gave before.
@Suite struct EvasionTests {
    private func throttled(_ ledger: Ledger, _ worker: Worker) async throws -> Invocation {
        let caller = try await ledger.caller("a", worker)
        let limits = [agentLimit(.day, 1000)]
        try await ledger.spend(TokenUsage(input: 100, output: 100), of: caller, worker, limits: limits, now: start)
        _ = try await ledger.budgets.throttle(
            ThrottleRequest(account: .agent("ranger"), measure: .permille(100), reason: "less", actor: "user:ada"),
            now: start)
        return caller
    }

    @Test(arguments: [
        "permille = 5000", "permille = 9223372036854775807", "permille = -1", "tokens = 900000", "permille = NULL",
        "lifted_at = 0", "lifted_at = -9223372036854775808", "until = 0", "until = at",
    ])
    func `a damaged throttle leaves its account nothing`(change: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let caller = try await throttled(ledger, worker)
            try folder.damage("UPDATE throttles SET \(change)")
            let refusal = await #expect(throws: BudgetExceeded.self) {
                try await ledger.invocations.beginTurn(
                    .sample(2, of: caller, limits: [agentLimit(.day, 1000)]), of: caller, worker: worker, now: start)
            }
            #expect(refusal?.limit == 0)
        }
    }

    @Test(arguments: ["day_used = -9223372036854775808", "day_used = -1", "used_cost = -5", "month_used = -1000000"])
    func `a negative count refuses the calls of its account before they are made`(change: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let caller = try await throttled(ledger, worker)
            try folder.damage("UPDATE accounts SET \(change) WHERE name = 'agent/ranger'")
            await #expect(throws: RowFault.self) {
                try await ledger.invocations.beginTurn(
                    .sample(2, of: caller, limits: [agentLimit(.day, 1000)]), of: caller, worker: worker, now: start)
            }
            #expect(try await ledger.budgets.standings(now: start).allSatisfy { $0.name != "agent/ranger" })
            let rows = try await ledger.upkeep.check(now: start).first { $0.part == .rows }
            #expect(rows?.problems.count == 1)
        }
    }

    @Test func `limits that are not those of their digest are the fault of their account`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let caller = try await throttled(ledger, worker)
            try folder.damage("UPDATE accounts SET limits = '[]' WHERE name = 'agent/ranger'")
            await #expect(throws: RowFault.self) {
                try await ledger.invocations.beginTurn(
                    .sample(2, of: caller, limits: [agentLimit(.day, 1000)]), of: caller, worker: worker, now: start)
            }
        }
    }

    @Test(arguments: ["until = since", "until = 0", "until = -9223372036854775808", "actor = CAST(x'FF' AS TEXT)"])
    func `a damaged pause is in force, and can be ended`(change: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            _ = try await ledger.agents.pause(
                agent: "ranger", reason: nil, until: start + .seconds(60), actor: "user:ada", commit: nil, now: start)
            try folder.damage("UPDATE agent_pauses SET \(change)")
            #expect(try await ledger.agents.pauses(now: start)["ranger"]?.actor == "a damaged row")
            let resumed = try await ledger.agents.resume(agent: "ranger", actor: "user:ada", commit: nil, now: start)
            #expect(resumed)
            #expect(try await ledger.agents.pauses(now: start).isEmpty)
        }
    }

    @Test(arguments: [-1, -5, 9_223_372_036_854_775_807])
    func `an action with an impossible attempt is not done again, and holds up no other`(attempt: Int) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let calls: [ToolCall] = [.write(0, name: "w"), .write(1, name: "v", subject: "acme/shop#43")]
            try await ledger.turn(of: invocation, worker, calls: calls)
            try folder.damage("UPDATE actions SET attempt = \(attempt) WHERE position = 0")
            let claimed = try await ledger.actions.claim(
                root: nil, upTo: 9, worker: worker, charges: { _ in [] }, now: start)
            #expect(claimed.map(\.action.position) == [1])
            #expect(try await ledger.text("SELECT state FROM actions WHERE position = 0") == "failed")
        }
    }

    @Test(arguments: [
        "attempt = 9223372036854775807", "attempt = -1", "priority = 9", "wait_reason = 'zz', state = 'waiting'",
        "state = 'zz'",
    ])
    func `a run that nothing could claim ends, and the others run`(change: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let damaged = try await ledger.queue("a")
            let whole = try await ledger.queue("b")
            try folder.damage("UPDATE invocations SET \(change) WHERE seq = 1")
            try await ledger.invocations.endDamaged(now: start)
            let claimed = try await ledger.invocations.claim(ClaimScope(), upTo: 9, worker: worker, now: start)
            #expect(claimed.map(\.invocation.id) == [whole])
            #expect(
                try await ledger.read { try $0.value("SELECT state FROM invocations WHERE id = ?", [damaged]) }
                    == "failed")
            #expect(try await ledger.reports.isQuiet(root: Event.sample("a").id))
        }
    }

    private static func pair(_ name: String) -> SecretPair {
        SecretPair(reference: "env://\(name)", use: SecretUse(.verify, else: "webhooks/github/\(name)"))
    }

    private func meet(_ name: String, _ trustee: SecretTrustee, _ ledger: Ledger) async throws -> [SecretPair] {
        try await ledger.secrets.meet([Self.pair(name)], of: "c0ffee", on: trustee, actor: "serve", now: start).left
    }

    @Test(arguments: ["begun_by = 'odd'", "begun_by = CAST(x'FF' AS TEXT)"])
    func `a damaged note of the first head lets nothing more be trusted`(change: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            #expect(try await meet("A", .serve, ledger).isEmpty)
            try folder.damage("UPDATE secret_trust SET \(change)")
            #expect(try await meet("B", .serve, ledger) == [Self.pair("B")])
        }
    }

    @Test(arguments: ["use = 'odd'", "reference = CAST(x'FF' AS TEXT)", "address = CAST(x'FF' AS TEXT)"])
    func `while a row may be the revocation of any secret, a person alone trusts one`(change: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            #expect(try await meet("A", .serve, ledger).isEmpty)
            _ = try await ledger.secrets.setTrust(
                [Self.pair("A")], to: .revoked, commit: nil, actor: "user:ada", now: start)
            try folder.damage("UPDATE secret_pairs SET \(change)")
            #expect(try await meet("A", .codex, ledger) == [Self.pair("A")])
            #expect(try await ledger.secrets.state(of: Self.pair("A")) == .waiting)
            _ = try await ledger.secrets.setTrust(
                [Self.pair("A")], to: .trusted, commit: nil, actor: "user:ada", now: start)
            #expect(try await ledger.secrets.state(of: Self.pair("A")) == .trusted)
        }
    }

    @Test func `a reservation that cannot be ended is looked at a day later`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            _ = try await ledger.invocations.beginTurn(
                .sample(of: invocation), of: invocation, worker: worker, isSending: true, now: start)
            try folder.damage("UPDATE accounts SET reserved = 0; UPDATE invocations SET lease_until = 9e15")
            let later = start + .seconds(86_400 * 2)
            #expect(try await ledger.budgets.expireReservations(now: later) == 0)
            #expect(try await !ledger.read { try $0.budgets.hasExpiredReservations(now: later) })
        }
    }
}
