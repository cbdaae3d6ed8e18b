import GuildControl
import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle

/// Ends when this process has no work left: `--once` waits for it. It does not wait for work of other components (an
/// invocation without an executor here), nor for work that an alert or a budget holds back; it leaves and names work
/// that is due only later (a rate-limit slot, a debounce window, a distant retry).
struct Drain: Service {
    private static let recheck = Duration.milliseconds(200)
    /// Work that is due within this time is waited for: a retry, a short debounce window, the second look for a write
    /// that may have been done.
    static let patience = Duration.seconds(20)

    let reports: ReportLedger
    /// Its due work belongs to the drain; nil if no scheduler runs here.
    let scheduler: Scheduler?
    let components: Set<Component>
    let time: any TimeSource
    let logger: Logger

    func run() async throws {
        _ = try await scheduler?.fireDue()
        let outcomes = reports.outcomes
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let seen = outcomes.generation
                // A ledger that cannot be read ends the components themselves.
                let now = time.now
                let pending = try? await reports.pendingWork(now: now, dueBy: now + Self.patience)
                if let pending, !isOurs(pending) { return await tell(leftAt: now) }
                await outcomes.wait(after: seen, until: time.now + Self.recheck, time: time)
            }
        }
    }

    private func tell(leftAt now: Timestamp) async {
        // As above.
        guard let later = try? await reports.laterWork(than: now + Self.patience) else { return }
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
