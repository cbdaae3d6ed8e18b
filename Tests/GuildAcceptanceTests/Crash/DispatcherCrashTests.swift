import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

/// Kills the dispatcher, again and again, while windows are open and turns at a rate are waited for.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DispatcherCrashTests {
    private static let events = 240
    private static let keys = 12

    @Test func `a dispatcher that is killed at any point loses no event and sets none going twice`() async throws {
        var chance = Chance.ofEnvironment
        let codex = try await TemporaryCodex.clerk(changing: [
            "agents/clerk.yaml": ClerkCodex.agent().replacingOccurrences(
                of: "events: [issues.opened] }",
                with: "events: [issues.opened], debounce: { window: 40ms, key: \"{{data.key}}\", maxWait: 120ms } }"),
            "agents/hasty.yaml": ClerkCodex.agent("hasty"),
            "policies/limits.yaml": """
            apiVersion: guild/v1
            kind: RateLimitPolicy
            metadata: { name: limits }
            spec:
              limits:
                - { scope: agent, match: hasty, requests_per_minute: 12000, burst: 5 }

            """,
        ])
        let ledger = try Ledger(at: LedgerLocation(path: codex.ledger))
        defer { ledger.close() }
        ledger.watch()
        let time = SystemTime()
        for number in 0..<Self.events {
            let data: JSONValue = ["key": .string("k\(number % Self.keys)"), "n": .integer(number)]
            let event = Event(
                id: EventID(derivedFrom: ["crash", "\(number)"]), source: "/github/acme/shop", type: "issues.opened",
                subject: "acme/shop#\(number)", time: time.now, system: "github", payload: data.bytes())
            _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: time.now)
        }
        var kills = 0
        while try await ledger.reports.pendingWork().events, kills < 40 {
            let process = try codex.start("serve", "dispatcher")
            try await waitForDecisions(Int.random(in: 1...60, using: &chance), more: ledger, process)
            process.signal(SIGKILL)
            _ = try await process.wait()
            kills += 1
        }
        let drained = try await codex.guild("serve", "--once", "dispatcher")
        #expect(drained.status == 0, "\(drained.errors)")
        print("seed \(chance.seed): \(kills) kills")
        #expect(kills > 1)
        try await judge(ledger)
        #expect(try await codex.isAuditValid())
    }

    /// Returns once so many more final decisions are recorded, or nothing is left to decide.
    private func waitForDecisions(_ count: Int, more ledger: Ledger, _ process: ChildProcess) async throws {
        let signal = ledger.signal(.outcomes)
        let before = try await decisions(in: ledger)
        while process.ending == nil {
            let seen = signal.generation
            if try await decisions(in: ledger) >= before + count { return }
            if try await !ledger.reports.pendingWork().events { return }
            await signal.wait(after: seen, until: SystemTime().now + .milliseconds(20), time: SystemTime())
        }
    }

    private func decisions(in ledger: Ledger) async throws -> Int {
        try await ledger.reports.recordedEvents(since: Timestamp(microseconds: 0), after: 0, limit: Self.events)
            .map { $0.outcomes.count(where: \.isFinal) }.reduce(0, +)
    }

    private func judge(_ ledger: Ledger) async throws {
        var standsFor: [InvocationID: Int] = [:]
        var hasty = 0
        for number in 0..<Self.events {
            let trace = try #require(try await ledger.reports.trace(of: EventID(derivedFrom: ["crash", "\(number)"])))
            for agent in ["clerk", "hasty"] {
                let rows = trace.decisions.filter { $0.agent == agent }
                #expect(rows.count(where: \.isFinal) == 1, "event \(number), \(agent): \(rows.map(\.outcome))")
                #expect(rows.last?.isFinal == true)
                #expect(rows.map(\.revision) == Array(0..<rows.count))
                guard let last = rows.last, let invocation = last.invocation else {
                    Issue.record("event \(number) set nothing going for \(agent)")
                    continue
                }
                if agent == "hasty" {
                    #expect(last.outcome == "dispatched")
                    hasty += 1
                } else {
                    standsFor[invocation, default: 0] += 1
                }
            }
            #expect(trace.invocations.count(where: { $0.invocation.agent == "hasty" }) == 1)
        }
        #expect(hasty == Self.events)
        // Each event is in one window, each window is one invocation, and that one knows all its events.
        #expect(standsFor.values.reduce(0, +) == Self.events)
        for (invocation, count) in standsFor {
            let run = try #require(try await ledger.invocations.find(invocation))
            #expect(run.agent == "clerk")
            #expect(try await ledger.dispatch.mergedEvents(of: invocation, limit: 1000).count == count)
        }
        let all = try await ledger.reports.status().invocationsByState
        #expect(all == ["queued": Self.events + standsFor.count])
    }
}
