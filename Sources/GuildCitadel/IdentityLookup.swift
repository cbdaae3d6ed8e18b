import GuildCodex
import GuildConnectors
import GuildDomain
import GuildIngress
import GuildLedger
import Logging
import ServiceLifecycle

/// Asks GitHub for our identity if the codex does not state it, so that the gateway recognises our own events; and
/// releases the events that were held until then.
struct IdentityLookup: Service {
    /// How long after a failure GitHub is asked again; another commit of the codex is tried at once.
    private static let patience = Duration.seconds(60)
    /// A look without being woken.
    private static let recheck = Duration.seconds(3600)
    private static let longestReason = 500

    let deployment: Deployment
    /// Raised when the gateway has held an event.
    let held: Signal

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let reloaded = deployment.ledger.signal(.schedules)
            var asked: (commit: String, at: Timestamp)?
            while !Task.isCancelled {
                let seenHeld = held.generation
                let seenReload = reloaded.generation
                let head = deployment.codex.head
                let now = deployment.time.now
                // Strangers' events wake this too, and must not make us ask as often as they come.
                let isNew = asked.map { $0.commit != head.commit || now >= $0.at + Self.patience } ?? true
                if isNew, isMissing(head) || deployment.connectors.isGitHubAccountUnasked(head) {
                    asked = (head.commit, now)
                    await learn(head)
                }
                let isKnown = !isMissing(head)
                if isKnown { await release(head) }
                let deadline = isKnown ? now + Self.recheck : (asked?.at ?? now) + Self.patience
                await withTaskGroup(of: Void.self) { group in
                    if isKnown {
                        group.addTask { await held.wait(after: seenHeld, until: deadline, time: deployment.time) }
                    }
                    group.addTask { await reloaded.wait(after: seenReload, until: deadline, time: deployment.time) }
                    await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    private func isMissing(_ head: CodexSnapshot) -> Bool { deployment.connectors.isGitHubIdentityMissing(head) }

    private func learn(_ head: CodexSnapshot) async {
        do {
            try await deployment.connectors.learnGitHubIdentity(head)
        } catch {
            let reason = String(((error as? any GuildError)?.message ?? "\(error)").prefix(Self.longestReason))
            guard isMissing(head) else {
                deployment.logger.info(
                    "cannot determine our id on GitHub; only the login of connection.identity identifies our events",
                    metadata: ["reason": "\(reason)"])
                return
            }
            deployment.logger.warning(
                "cannot determine our identity on GitHub; events that our writes may cause are held: set connection.identity",
                metadata: ["reason": "\(reason)"])
            await record(missing: reason)
        }
    }

    private func release(_ head: CodexSnapshot) async {
        await record(missing: nil)
        let held = HeldEvents(ledger: deployment.ledger, time: deployment.time)
        do {
            let count = try await held.releaseGitHub(identity: deployment.connectors.gitHubIdentity(head))
            guard count > 0 else { return }
            deployment.logger.notice(
                "our identity on GitHub is known: held events go to the dispatcher", metadata: ["events": "\(count)"])
        } catch {
            guard !Task.isCancelled else { return }
            deployment.logger.error("cannot release held events", metadata: ["reason": "\(error)"])
        }
    }

    private func record(missing reason: String?) async {
        do {
            try await deployment.ledger.noteIdentity(of: "github", missing: reason, now: deployment.time.now)
        } catch {
            guard !Task.isCancelled else { return }
            deployment.logger.error("cannot record our identity on GitHub", metadata: ["reason": "\(error)"])
        }
    }
}
