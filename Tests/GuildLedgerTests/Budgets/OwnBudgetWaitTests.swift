import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// A wait that no time ends.
@Suite struct OwnBudgetWaitTests {
    private let day = Duration.seconds(24 * 3600)

    private func waiting(
        _ ledger: Ledger, _ worker: Worker, on account: (Invocation) -> String
    ) async throws -> Invocation {
        let caller = try await ledger.caller("a", worker)
        let limit = AccountLimit(account: account(caller), tokens: 10, setting: "tokenBudget.perInvocation")
        let plan = TurnPlan.sample(of: caller, limits: [limit])
        do {
            _ = try await ledger.invocations.beginTurn(plan, of: caller, worker: worker, now: start)
        } catch let refusal as BudgetExceeded {
            try await ledger.budgets.suspend(caller, refused: refusal, partial: "half", now: start)
            return caller
        }
        throw Failure(.failed, "it was not refused")
    }

    @Test(arguments: ["invocation", "root"])
    func `a run that waits for its own budget expires after a day`(kind: String) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await waiting(ledger, worker) {
                kind == "root" ? "root/\($0.root)" : "invocation/\($0.id)"
            }
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start + day - .seconds(1)) == .none)
            _ = try await ledger.invocations.recover(except: worker, now: start + day - .seconds(1))
            #expect(try await ledger.state(of: caller.id) == .waiting)
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start + day) == .now)
            _ = try await ledger.invocations.recover(except: worker, now: start + day)
            let ended = try #require(try await ledger.invocations.find(caller.id))
            #expect(ended.state == .expired)
            #expect(ended.outcome?.contains("24 h") == true)
            #expect(try await ledger.budgets.wait(of: caller.id) == nil)
            #expect(try await ledger.auditKinds().last == "invocation.ended")
            _ = try await ledger.sound(now: start + day)
        }
    }

    @Test func `a grant in time lets it go on, and its next wait is a day again`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await waiting(ledger, worker) { "invocation/\($0.id)" }
            _ = try await ledger.budgets.grant(
                GrantRequest(account: .invocation(caller.id), tokens: 100_000, reason: "more", actor: "user:ada"),
                now: start + .seconds(60))
            #expect(try await ledger.state(of: caller.id) == .queued)
            _ = try await ledger.invocations.recover(except: worker, now: start + day)
            #expect(try await ledger.state(of: caller.id) == .queued)
        }
    }
}
