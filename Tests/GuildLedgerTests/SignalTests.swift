import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

@Suite struct SignalTests {
    private final class Turn: Sendable {
        private let value = Mutex(0)
        var now: Int { value.withLock { $0 } }
        func advance() { value.withLock { $0 += 1 } }
    }

    /// A clock on which no deadline ever comes.
    private struct StoppedTime: TimeSource {
        let now = start
        private let never = Signal()

        func sleep(until deadline: Timestamp) async throws {
            await never.wait(after: never.generation)
            throw CancellationError()
        }
    }

    /// A clock on which every deadline has come.
    private struct PastTime: TimeSource {
        let now = start
        func sleep(until deadline: Timestamp) async throws {}
    }

    @Test(.timeLimit(.minutes(10))) func `no wake-up is lost between a look and a sleep`() async {
        let (ping, pong, turn) = (Signal(), Signal(), Turn())
        await withTaskGroup(of: Void.self) { group in
            for (own, other, parity) in [(ping, pong, 0), (pong, ping, 1)] {
                group.addTask {
                    while turn.now < 5000 {
                        let seen = own.generation
                        if turn.now % 2 == parity {
                            turn.advance()
                            other.raise()
                        } else if turn.now < 5000 {
                            await own.wait(after: seen)
                        }
                    }
                    other.raise()
                }
            }
        }
        #expect(turn.now >= 5000)
    }

    @Test func `a wait after an older generation returns at once`() async {
        let signal = Signal()
        let seen = signal.generation
        signal.raise()
        await signal.wait(after: seen)
        #expect(signal.generation == seen + 1)
    }

    @Test(.timeLimit(.minutes(10))) func `one raise wakes every waiter`() async {
        let signal = Signal()
        let (seen, ready) = (signal.generation, Turn())
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    ready.advance()
                    await signal.wait(after: seen)
                }
            }
            while ready.now < 20 { await Task.yield() }
            signal.raise()
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: [false, true])
    func `a cancelled wait returns`(beforeItBegins: Bool) async {
        let (signal, ready) = (Signal(), Turn())
        let task = Task {
            while beforeItBegins && !Task.isCancelled { await Task.yield() }
            ready.advance()
            await signal.wait(after: signal.generation)
        }
        while !beforeItBegins && ready.now == 0 { await Task.yield() }
        task.cancel()
        await task.value
        // What was cancelled left nothing behind to be resumed twice.
        signal.raise()
    }

    @Test(.timeLimit(.minutes(10))) func `a wait ends at its deadline, at a raise, and at cancellation`() async {
        let signal = Signal()
        await signal.wait(after: signal.generation, until: start, time: PastTime())
        let seen = signal.generation
        async let woken: Void = signal.wait(after: seen, until: start, time: StoppedTime())
        signal.raise()
        await woken
        let task = Task { await signal.wait(after: signal.generation, until: start, time: StoppedTime()) }
        task.cancel()
        await task.value
    }
}
