import GuildControl
import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle

/// Ends when nothing is left that this process does: what `--once` waits for. What only other components do (an
/// invocation where no executor runs) is not waited for, nor what an alert or a budget holds back; what is due only later
/// (a turn at a rate, a debounce window, a far retry) is left and named.
struct Drain: Service {
    private static let recheck = Duration.milliseconds(200)
    /// What is due within it is waited for: a retry, a short debounce window, the second look for a write that may have been
    /// done.
    static let patience = Duration.seconds(20)

    let ledger: Ledger
    /// What is due now belongs to what is drained; nil where no scheduler runs here.
    let scheduler: Scheduler?
    let components: Set<Component>
    let time: any TimeSource
    let logger: Logger

    func run() async throws {
        _ = try await scheduler?.fireDue()
        let outcomes = ledger.signal(.outcomes)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let seen = outcomes.generation
                // A ledger that cannot be read ends the components themselves.
                let now = time.now
                let pending = try? await ledger.pendingWork(now: now, dueBy: now + Self.patience)
                if let pending, !isOurs(pending) { return await tell(leftAt: now) }
                await outcomes.wait(after: seen, until: time.now + Self.recheck, time: time)
            }
        }
    }

    private func tell(leftAt now: Timestamp) async {
        // As above.
        guard let later = try? await ledger.laterWork(than: now + Self.patience) else { return }
        let shares = [
            ("events", later.events, Component.dispatcher), ("invocations", later.invocations, .executor),
            ("actions", later.actions, .actionExecutor),
        ].filter { components.contains($0.2) }
        var metadata = Logger.Metadata()
        for (name, share, _) in shares {
            guard let share else { continue }
            metadata[name] = "\(share.count), the first due at \(share.next.rfc3339)"
        }
        guard !metadata.isEmpty else { return }
        metadata["hint"] = "guild dispatch queue lists it"
        logger.notice("left work that is due later", metadata: metadata)
    }

    func isOurs(_ pending: PendingWork) -> Bool {
        pending.events && components.contains(.dispatcher)
            || pending.invocations && components.contains(.executor)
            || pending.actions && components.contains(.actionExecutor)
    }
}
