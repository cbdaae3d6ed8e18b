import GuildControl
import GuildDomain
import GuildLedger
import ServiceLifecycle

/// Ends when nothing is left that this process does: what `--once` waits for. What only other components do (an
/// invocation where no executor runs) is not waited for, nor what an alert or a budget holds back.
struct Drain: Service {
    private static let recheck = Duration.milliseconds(200)

    let ledger: Ledger
    /// What is due now belongs to what is drained; nil where no scheduler runs here.
    let scheduler: Scheduler?
    let components: Set<Component>
    let time: any TimeSource

    func run() async throws {
        _ = try await scheduler?.fireDue()
        let outcomes = ledger.signal(.outcomes)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let seen = outcomes.generation
                // A ledger that cannot be read ends the components themselves.
                if let pending = try? await ledger.pendingWork(now: time.now), !isOurs(pending) { return }
                await outcomes.wait(after: seen, until: time.now + Self.recheck, time: time)
            }
        }
    }

    func isOurs(_ pending: PendingWork) -> Bool {
        pending.events && components.contains(.dispatcher)
            || pending.invocations && components.contains(.executor)
            || pending.actions && components.contains(.actionExecutor)
    }
}
