import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

/// Schedulers in processes of their own, killed with -9 in the middle of firing, under a clock that is set by an hour both
/// ways: every due time has one firing, one event and one decision.
@Suite(.serialized, .enabled("there is a C compiler for the stepped clock") { await SteppedClock.compiler() != nil })
struct ScheduleCrashTests {
    private static let trigger = """
          triggers:
            - { type: cron, name: beat, schedule: "* * * * * */5", timezone: UTC, overlap: allow,
                catchUp: { policy: run_all, window: 5h } }
            - { type: cron, name: jittery, schedule: "* * * * * */20", timezone: UTC, overlap: allow, jitter: 3s,
                catchUp: { policy: run_all, window: 5h } }
        """

    private static func agent() -> String {
        """
        apiVersion: guild/v1
        kind: Agent
        metadata: { name: clerk }
        spec:
          type: Clerk
          version: "1.0.0"
          prompt: prompts/clerk.md
          model: scripted
        \(trigger)

        """
    }

    @Test(.timeLimit(.minutes(8)))
    func `kills and clock steps of an hour leave each due time fired once`() async throws {
        let codex = try await TemporaryCodex.clerk(changing: ["agents/clerk.yaml": Self.agent()])
        let clock = try await SteppedClock()
        var chance = Chance.ofEnvironment
        let seed = chance.seed
        var offset: Int64 = 0
        var lives = 0
        // The schedules are known from here on.
        _ = try await codex.guild("serve", "--once", "scheduler", overriding: clock.environment)
        let (enlisted, early) = try await marks(codex)
        // An hour ahead, with 900 due times to catch up with; two hours; back; ahead again.
        for hour in [1, 2, 1, 2, 3, 0, 3] {
            offset = Int64(hour) * 3600
            try clock.set(offsetSeconds: offset)
            for _ in 0..<3 {
                try await liveAndDie(codex, clock, &chance)
                lives += 1
            }
        }
        // Each then has the time to work everything off.
        let last = try await codex.guild("serve", "--once", "scheduler", "dispatcher", overriding: clock.environment)
        #expect(last.status == 0, "\(last.errors)")
        _ = try await codex.guild("serve", "--once", "dispatcher", overriding: clock.environment)
        try await check(codex, since: enlisted, but: early, "seed \(seed), \(lives) pairs of lives")
    }

    /// Two schedulers, one of them with a dispatcher, until one has written some batches; then both are killed.
    private func liveAndDie(_ codex: TemporaryCodex, _ clock: SteppedClock, _ chance: inout Chance) async throws {
        let watch = try FileWatch(codex.ledger + "-wal")
        let children = [
            try codex.start("serve", "scheduler", "--log-level", "warning", overriding: clock.environment),
            try codex.start(
                "serve", "scheduler", "dispatcher", "--log-level", "warning", overriding: clock.environment),
        ]
        let writes = Int.random(in: 0...300, using: &chance)
        try await blocking {
            // They are up; then so many more, or as many as there are.
            try watch.wait(writes: 1)
            for _ in 0..<writes where try !watch.waitForWriteOrSilence() { break }
        }
        for child in children.shuffled(using: &chance) { child.signal(SIGKILL) }
        for child in children { #expect(try await child.wait() == .signalled(SIGKILL), "\(child.errors)") }
    }

    /// Until when each schedule was looked at, and what has fired until then: a due time may fall into the first life.
    private func marks(_ codex: TemporaryCodex) async throws -> (seen: [String: Timestamp], fired: Set<String>) {
        let ledger = try Ledger(at: LedgerLocation(path: codex.ledger), mustExist: true)
        defer { ledger.close() }
        var filter = AuditFilter()
        filter.kind = "schedule.fired"
        return (try await ledger.schedules.seen(), Set(try await ledger.audit.log(filter).map(\.subject)))
    }

    private func check(
        _ codex: TemporaryCodex, since enlisted: [String: Timestamp], but early: Set<String>, _ told: String
    ) async throws {
        let ledger = try Ledger(at: LedgerLocation(path: codex.ledger), mustExist: true)
        defer { ledger.close() }
        let end = Timestamp(microseconds: .max)
        var events: Set<EventID> = []
        for (name, period) in [("clerk/beat", Int64(5)), ("clerk/jittery", 20)] {
            let since = try #require(enlisted[name])
            let all = try await ledger.schedules.firings(of: name, since: since, until: end, limit: 100_000)
            let first = (since.seconds.floorDivided(by: period).quotient + 1) * period
            let last = try #require(all.last).dueAt.seconds
            let wanted = stride(from: first, through: last, by: Int(period)).map { $0 }
            let absent = Set(wanted).subtracting(all.map(\.dueAt.seconds)).sorted()
            let missed = try await ledger.schedules.missedFirings(since: since, limit: 100)
                .map { "\($0.schedule) \($0.first.seconds)-\($0.last.seconds) \($0.reason.rawValue)" }
            #expect(absent.isEmpty && all.count == wanted.count, "\(told): \(name), noted as missed: \(missed)")
            // The last one may still wait for its turn.
            #expect(all.count >= Int(3 * 3600 / period) - 1, "\(told): \(name)")
            events.formUnion(all.map(\.event))
            print("\(told): \(all.count) firings of \(name)")
        }
        var filter = AuditFilter()
        filter.kind = "schedule.fired"
        filter.limit = 100_000
        let audited = try await ledger.audit.log(filter).map(\.subject).filter { !early.contains($0) }
        #expect(audited.count == events.count, "\(told)")
        #expect(Set(audited) == Set(events.map(\.description)), "\(told)")
        filter.kind = "dispatch.decided"
        let decided = try await ledger.audit.log(filter).compactMap(\.cause).filter { !early.contains($0) }
        #expect(decided.count == events.count, "\(told)")
        #expect(Set(decided).count == events.count, "\(told)")
        #expect(try await codex.isAuditValid())
    }
}
