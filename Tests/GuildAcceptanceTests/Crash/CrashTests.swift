import Foundation
import Testing

/// The promises of docs/architecture.md ("`kill -9`, at each point"): the processes are killed with -9 at random moments,
/// components together and apart.
@Suite(.serialized) struct CrashTests {
    @Test func `thirty kills lose nothing and repeat nothing`() async throws { try await killing(30) }
}

/// The same for long: `make soak`.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["GUILD_SOAK"] == "1"))
struct CrashSoakTests {
    @Test func `five hundred kills lose nothing and repeat nothing`() async throws { try await killing(500) }
}

private func killing(_ count: Int) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guild-crash-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var chance = Chance.ofEnvironment
    let clock = ContinuousClock()
    let start = clock.now
    var harness = try await CrashHarness(KillPlan(kills: count, by: &chance), in: folder)
    let verdict: Verdict
    do {
        verdict = try await harness.run()
    } catch {
        Issue.record("seed \(chance.seed): \(error)\nthe ledger and the requests are in \(folder)")
        return
    }
    let seconds = (clock.now - start).components.seconds
    print(
        """
        \(count) kills in \(seconds) s, seed \(chance.seed) (GUILD_CRASH_SEED=\(chance.seed) draws the same plan)
        \(KillTable(kills: harness.kills).text)
        \(verdict.events) events (\(verdict.resent) deliveries sent again), \(verdict.modelCalls) model calls for \
        \(verdict.answeredTurns) turns (\(verdict.estimatedTurns) posted as estimates), \(verdict.comments) comments \
        for \(verdict.actions) actions
        """)
    guard !verdict.problems.isEmpty else {
        try? FileManager.default.removeItem(atPath: folder)  // What is left there is the system's to clear.
        return
    }
    let problems = verdict.problems.prefix(shownProblems).joined(separator: "\n")
    Issue.record("seed \(chance.seed): \(problems)\nthe ledger and the requests are in \(folder)")
}

private let shownProblems = 20
