import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct DeadLettersTests {
    private func failed(_ ledger: Ledger, _ worker: Worker, calls: [ToolCall] = []) async throws -> Invocation {
        let invocation = try await ledger.running("letter", worker)
        try await ledger.turn(of: invocation, worker, calls: calls)
        try await ledger.invocations.end(invocation, as: .failed, outcome: "the answer is no answer", now: start)
        return invocation
    }

    @Test func `what failed is listed whole, and a retry goes on behind its journal`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await failed(ledger, worker)
            let letter = try #require(try await ledger.dispatch.deadLetters(limit: 9).first)
            #expect(letter.invocation.id == invocation.id)
            #expect(letter.invocation.outcome == "the answer is no answer")
            #expect(letter.eventType == "test.made")
            #expect(letter.answeredTurns == 1)
            #expect(try await ledger.dispatch.deadLetters(agent: "healer", limit: 9).isEmpty)
            #expect(try await ledger.reports.status().deadLetters == 1)

            _ = try await ledger.dispatch.retryDeadLetter(invocation.id.description, actor: "user:ada", now: start)
            #expect(try await ledger.dispatch.deadLetters(limit: 9).isEmpty)
            let again = try #require(try await ledger.claim(worker))
            #expect(again.id == invocation.id)
            #expect(again.failures == 0)
            #expect(again.usage.total == 130, "what it cost stays")
            // The answer that it ended on is set aside: the model is asked again.
            #expect(try await ledger.invocations.turns(of: again.id).filter(\.isAnswered).isEmpty)
            try await ledger.turn(of: again, worker)
            try await ledger.invocations.end(again, as: .succeeded, outcome: "done", now: start)
            #expect(try await ledger.auditKinds().filter { $0 == "operator.command" }.count == 1)
            #expect(try await ledger.unbalancedEntries() == 0)
        }
    }

    @Test func `a dropped one is gone from the list and cannot be retried`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let id = try await failed(ledger, worker).id.description
            _ = try await ledger.dispatch.dropDeadLetter(id, reason: "nobody cares", actor: "user:ada", now: start)
            #expect(try await ledger.dispatch.deadLetters(limit: 9).isEmpty)
            #expect(try await ledger.reports.status().deadLetters == 0)
            await #expect(throws: DeadLetterFailure.dropped(id)) {
                try await ledger.dispatch.retryDeadLetter(id, actor: "user:ada", now: start)
            }
            #expect(try await ledger.text("SELECT reason FROM dropped_letters") == "nobody cares")
        }
    }

    @Test func `one whose content retention has erased cannot go on, and keeps no commit`() async throws {
        try await withLedger { ledger async throws in
            let id = try await failed(ledger, try await ledger.worker()).id.description
            #expect(try await ledger.codex.commitsInUse() == ["c0ffee"])
            let plan = RetentionPlan(rawMessages: .seconds(3600), policy: "policies/privacy.yaml:3")
            let later = start + .seconds(7200)
            #expect(try await ledger.upkeep.prune(plan, actor: "retention", now: later).eventsErased == 1)
            #expect(try await ledger.codex.commitsInUse().isEmpty)
            let failure = await #expect(throws: DeadLetterFailure.erased(id)) {
                try await ledger.dispatch.retryDeadLetter(id, actor: "user:ada", now: later)
            }
            #expect(failure?.message.contains("retention has erased its event and its journal") == true)
            _ = try await ledger.dispatch.dropDeadLetter(id, reason: "too late", actor: "user:ada", now: later)
            #expect(try await ledger.dispatch.deadLetters(limit: 9).isEmpty)
        }
    }

    @Test func `only what is dead is retried`() async throws {
        try await withLedger { ledger async throws in
            let id = try await ledger.queue().description
            await #expect(throws: DeadLetterFailure.notDead(id, state: .queued)) {
                try await ledger.dispatch.retryDeadLetter(id, actor: "user:ada", now: start)
            }
            await #expect(throws: DeadLetterFailure.unknown("x")) {
                try await ledger.dispatch.retryDeadLetter("x", actor: "user:ada", now: start)
            }
        }
    }
}
