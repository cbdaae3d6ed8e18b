import GuildDomain
import GuildLedger
import Synchronization
import Testing

@Suite struct AlarmTests {
    private final class Bells: Sendable {
        private let names = Mutex<[String]>([])
        var rung: [String] { names.withLock { $0 } }
        func ring(_ name: String) { names.withLock { $0.append(name) } }
    }

    private let time = SystemTime()

    @Test(.timeLimit(.minutes(10))) func `alarms ring in the order of their deadlines, whatever the order of asking`()
        async
    {
        let now = time.now
        let bells = Bells()
        await withCheckedContinuation { continuation in
            for number in [3, 1, 2] {
                _ = time.alarm(at: now + .milliseconds(number * 300)) {
                    bells.ring("\(number)")
                    if number == 3 { continuation.resume() }
                }
            }
        }
        #expect(bells.rung == ["1", "2", "3"])
        #expect(time.now >= now + .milliseconds(900))
    }

    @Test(.timeLimit(.minutes(10))) func `a cancelled alarm does not ring, and one that is due rings at once`()
        async throws
    {
        let bells = Bells()
        let cancelled = time.alarm(at: time.now + .milliseconds(30)) { bells.ring("cancelled") }
        cancelled.cancel()
        cancelled.cancel()
        _ = time.alarm(at: time.now - .seconds(1)) { bells.ring("due") }
        #expect(bells.rung == ["due"])
        try await time.sleep(until: time.now + .milliseconds(60))
        #expect(bells.rung == ["due"])
    }

    @Test(.timeLimit(.minutes(10)), arguments: [false, true])
    func `a cancelled sleep ends with its error`(beforeItBegins: Bool) async {
        let sleep = Task {
            while beforeItBegins, !Task.isCancelled { await Task.yield() }
            try await time.sleep(until: Timestamp(microseconds: .max))
        }
        sleep.cancel()
        await #expect(throws: CancellationError.self) { try await sleep.value }
    }

    @Test func `a sleep that is over returns at once`() async throws {
        try await time.sleep(until: time.now)
        try await time.sleep(until: Timestamp(microseconds: .min))
    }
}
