import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct CodexHeadsTests {
    @Test func `each head is recorded once, the newest first, with what was wrong with it`() async throws {
        try await withLedger { ledger async throws in
            for _ in 0..<2 {
                try await ledger.recordHead(commit: "aaa", accepted: true, problems: [], actor: "codex", now: start)
            }
            try await ledger.recordHead(
                commit: "bbb", accepted: false, problems: ["guild.yaml:3: no"], actor: "codex", now: start)
            try await ledger.recordHead(commit: "aaa", accepted: true, problems: [], actor: "codex", now: start)
            let heads = try await ledger.lastHeads()
            #expect(heads.map(\.commit) == ["aaa", "bbb", "aaa"])
            #expect(heads.map(\.isAccepted) == [true, false, true])
            #expect(heads[1].problems == ["guild.yaml:3: no"])
            #expect(try await ledger.lastHeads(limit: 1).count == 1)
            #expect(try await ledger.auditKinds() == ["codex.accepted", "codex.refused", "codex.accepted"])
        }
    }

    @Test func `a commit is in use while an invocation that names it is not at its end`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            #expect(try await ledger.commitsInUse().isEmpty)
            try await ledger.queue()
            #expect(try await ledger.commitsInUse() == ["c0ffee"])
            let invocation = try #require(try await ledger.claim(worker))
            #expect(try await ledger.commitsInUse() == ["c0ffee"])
            try await ledger.finish(invocation, as: .failed, outcome: "no", now: start)
            #expect(try await ledger.commitsInUse().isEmpty)
        }
    }
}
