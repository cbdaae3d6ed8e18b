import GuildCodex
import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle
import UnixSignals

/// Takes up the newest commit on SIGHUP: validated whole, then swapped in, or refused with its reasons while the last
/// good one goes on.
struct CodexReload: Service {
    let deployment: Deployment

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            for await _ in signals {
                do {
                    try await reload()
                } catch {
                    deployment.logger.error("reload failed", metadata: ["reason": "\(error)"])
                }
            }
        }
    }

    func reload() async throws {
        let result = try deployment.access.load()
        let errors = result.problems.filter { $0.severity == .error }
        guard let snapshot = result.snapshot else {
            try await deployment.ledger.recordHead(
                commit: result.revision, accepted: false, problems: errors.map(\.text), actor: "serve",
                now: deployment.time.now)
            deployment.logger.error(
                "codex refused; the last good one runs on",
                metadata: ["errors": "\(errors.count)", "first": "\(errors.first?.text ?? "")"])
            return
        }
        deployment.codex.accept(snapshot)
        try await deployment.acceptHead(actor: "serve")
        try await deployment.unpinUnused()
        deployment.ledger.raiseAll()
        deployment.logger.info("codex accepted", metadata: ["commit": "\(snapshot.commit)"])
    }
}
