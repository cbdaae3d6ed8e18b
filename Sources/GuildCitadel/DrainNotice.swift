import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle

/// Logs, when a graceful shutdown begins, the work of this process that it waits for; nothing if there is none.
struct DrainNotice: Service {
    /// Pieces of work that the line names.
    private static let shownLimit = 5

    let invocations: InvocationLedger
    let worker: Worker
    /// How long the shutdown may take.
    let timeout: Duration
    let logger: Logger

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch is CancellationError {
            // An immediate end waits for nothing.
            return
        }
        // Losing the error is safe: the line is only for information, and an unreadable ledger is reported elsewhere.
        guard let held = try? await invocations.underWay(by: worker, upTo: InvocationLedger.heldLimit) else { return }
        guard !held.runs.isEmpty || !held.actions.isEmpty else { return }
        let works = held.runs.map { "run \($0.id) of \($0.agent)" } + held.actions.map { "action \($0.brief)" }
        let more = works.count > Self.shownLimit ? ", and \(works.count - Self.shownLimit) more" : ""
        logger.notice(
            "draining",
            metadata: [
                "runs": "\(held.runs.count)", "actions": "\(held.actions.count)",
                "waits_for": "\(works.prefix(Self.shownLimit).joined(separator: ", "))\(more)",
                "at_most": "\(timeout.components.seconds) s",
                "hint": "SIGQUIT ends at once; what is cut off continues when guild serve runs again",
            ])
    }
}
