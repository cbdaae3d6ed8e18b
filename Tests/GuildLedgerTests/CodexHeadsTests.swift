import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct CodexHeadsTests {
    @Test func `each head is recorded once, the newest first, with what was wrong with it`() async throws {
        try await withLedger { ledger async throws in
            for _ in 0..<2 {
                try await ledger.codex.recordHead(
                    commit: "aaa", accepted: true, problems: [], actor: "codex", now: start)
            }
            try await ledger.codex.recordHead(
                commit: "bbb", accepted: false, problems: ["guild.yaml:3: no"], actor: "codex", now: start)
            try await ledger.codex.recordHead(commit: "aaa", accepted: true, problems: [], actor: "codex", now: start)
            let heads = try await ledger.codex.lastHeads()
            #expect(heads.map(\.commit) == ["aaa", "bbb", "aaa"])
            #expect(heads.map(\.isAccepted) == [true, false, true])
            #expect(heads[1].problems == ["guild.yaml:3: no"])
            #expect(try await ledger.codex.lastHeads(limit: 1).count == 1)
            #expect(try await ledger.auditKinds() == ["codex.accepted", "codex.refused", "codex.accepted"])
        }
    }

    @Test func `a damaged list of problems hides no head`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.codex.recordHead(commit: "a", accepted: true, problems: [], actor: "serve", now: start)
            try await ledger.codex.recordHead(
                commit: "b", accepted: false, problems: ["no"], actor: "serve", now: start)
            for damage in ["no JSON", "{}"] {
                try folder.rawConnection(droppingTriggers: false).script(
                    "UPDATE codex_heads SET problems = '\(damage)' WHERE commit_id = 'b'")
                let heads = try await ledger.codex.lastHeads()
                #expect(heads.map(\.commit) == ["b", "a"])
                #expect(heads[0].problems.count == 1)
                #expect(heads[0].problems[0].contains("table 'codex_heads' has a damaged row"))
            }
        }
    }

    @Test func `a refusal is recorded once, however often it is met, until something is accepted again`() async throws {
        try await withLedger { ledger async throws in
            func offer(_ commit: String, _ accepted: Bool) async throws {
                try await ledger.codex.recordHead(
                    commit: commit, accepted: accepted, problems: [], actor: "serve", now: start)
            }
            #expect(try await ledger.codex.acceptedHead() == nil)
            for (commit, accepted) in [("a", true), ("b", false), ("c", false), ("b", false), ("c", false)] {
                try await offer(commit, accepted)
            }
            #expect(try await ledger.codex.lastHeads().map(\.commit) == ["c", "b", "a"])
            #expect(try await ledger.codex.acceptedHead() == "a")
            try await offer("a", true)
            try await offer("b", false)
            #expect(try await ledger.codex.lastHeads(limit: 2).map(\.commit) == ["b", "a"])
        }
    }

    @Test func `a decision or reservation with an older head than the accepted one writes nothing`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("one", worker)
            let plan = TurnPlan.sample(of: invocation)
            _ = try await ledger.events.accept(.sample("two"), policy: AcceptancePolicy(actor: "tester"), now: start)
            let message = try #require(try await ledger.dispatch.inbound(limit: 1, now: start).first)
            let decision = Decision(rule: "", agent: "", outcome: .unrouted, reasons: [])
            for commit in ["old", "new"] {
                try await ledger.codex.recordHead(
                    commit: commit, accepted: true, problems: [], actor: "serve", now: start)
            }
            try await ledger.codex.recordHead(commit: "bad", accepted: false, problems: [], actor: "serve", now: start)

            let stale = StaleHead(accepted: "new", used: "old")
            await #expect(throws: stale) {
                try await ledger.dispatch.record(message, [decision], commit: "old", head: "old", now: start)
            }
            await #expect(throws: stale) {
                _ = try await ledger.invocations.beginTurn(
                    plan, of: invocation, worker: worker, head: "old", now: start)
            }
            #expect(try await ledger.dispatch.inbound(limit: 1, now: start).count == 1)
            #expect(try await ledger.count("SELECT count(*) FROM turns") == 0)
            #expect(
                try await ledger.dispatch.record(message, [decision], commit: "new", head: "new", now: start) != nil)
            _ = try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, head: "new", now: start)
        }
    }

    @Test func `a commit is in use while an invocation that names it is not at its end, or may be retried`()
        async throws
    {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            #expect(try await ledger.codex.commitsInUse().isEmpty)
            try await ledger.queue()
            #expect(try await ledger.codex.commitsInUse() == ["c0ffee"])
            let invocation = try #require(try await ledger.claim(worker))
            #expect(try await ledger.codex.commitsInUse() == ["c0ffee"])
            try await ledger.invocations.end(invocation, as: .failed, outcome: "no", now: start)
            #expect(try await ledger.codex.commitsInUse() == ["c0ffee"])
            _ = try await ledger.dispatch.dropDeadLetter(
                invocation.id.description, reason: "nobody cares", actor: "user:ada", now: start)
            #expect(try await ledger.codex.commitsInUse().isEmpty)
            let done = try await ledger.running("done", worker)
            try await ledger.invocations.end(done, as: .succeeded, outcome: "yes", now: start)
            #expect(try await ledger.codex.commitsInUse().isEmpty)
        }
    }

    @Test func `what a live process reads is known to others, and no longer than it lives`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.workers.register(components: ["registry"], version: "1", now: start)
            try await ledger.codex.noteLoading("aaa", since: start, by: worker.id)
            try await ledger.codex.noteLoading("bbb", since: start, by: worker.id)
            let reading = try await ledger.codex.loadingCommits()
            #expect(reading == [LoadingCommit(worker: worker.id, commit: "bbb", since: start)])
            try await ledger.codex.noteLoading(nil, since: start, by: worker.id)
            #expect(try await ledger.codex.loadingCommits().isEmpty)
            try await ledger.codex.noteLoading("ccc", since: start, by: WorkerID(now: start))
            #expect(try await ledger.codex.loadingCommits().isEmpty)
        }
    }
}
