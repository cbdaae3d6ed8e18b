import GuildCodex
import GuildConnectors
import GuildDomain
import GuildIngress
import GuildLedger
import Logging
import ServiceLifecycle

/// Asks each external system for our identity if the codex does not state it, so that the gateway recognises our own
/// events; and releases the events that were held until then.
struct IdentityLookup: Service {
    /// How long after a failure a system is asked again; another commit of the codex is tried at once.
    private static let patience = Duration.seconds(60)
    /// A look without being woken.
    private static let recheck = Duration.seconds(3600)
    private static let longestReason = 500

    let deployment: Deployment
    /// Raised when the gateway has held an event.
    let held: Signal

    private typealias Asked = (commit: String, at: Timestamp)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let reloaded = deployment.ledger.signal(.codex)
            var asked: [String: Asked] = [:]
            while !Task.isCancelled {
                let seenHeld = held.generation
                let seenReload = reloaded.generation
                let head = deployment.codex.head
                let now = deployment.time.now
                var deadline = now + Self.recheck
                var isKnown = true
                for system in deployment.connectors.systems.connected.map(\.system) {
                    guard await !look(at: system, head, now, &asked[system.name]) else { continue }
                    isKnown = false
                    deadline = min(deadline, (asked[system.name]?.at ?? now) + Self.patience)
                }
                await withTaskGroup(of: Void.self) { [isKnown, deadline] group in
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

    /// - Returns: whether it is known who we are there.
    private func look(
        at system: ExternalSystem, _ head: CodexSnapshot, _ now: Timestamp, _ asked: inout Asked?
    ) async -> Bool {
        // Strangers' events wake this too, and must not make us ask as often as they come.
        let isNew = asked.map { $0.commit != head.commit || now >= $0.at + Self.patience } ?? true
        if isNew, isMissing(system, head) || deployment.connectors.isAccountUnasked(in: system.name, head) {
            asked = (head.commit, now)
            await learn(system, head)
        }
        guard !isMissing(system, head) else { return false }
        await release(system, head)
        return true
    }

    private func isMissing(_ system: ExternalSystem, _ head: CodexSnapshot) -> Bool {
        deployment.connectors.isIdentityMissing(in: system.name, head)
    }

    private func learn(_ system: ExternalSystem, _ head: CodexSnapshot) async {
        do {
            try await deployment.connectors.learnIdentity(in: system.name, head)
        } catch {
            let reason = String(((error as? any GuildError)?.message ?? "\(error)").prefix(Self.longestReason))
            guard isMissing(system, head) else {
                deployment.logger.info(
                    "cannot determine our id on \(system.title); only the login of connection.identity identifies our events",
                    metadata: ["reason": "\(reason)"])
                return
            }
            deployment.logger.warning(
                """
                cannot determine our identity on \(system.title); events that our writes may cause are held: set \
                connection.identity
                """,
                metadata: ["reason": "\(reason)"])
            await record(system, missing: reason)
        }
    }

    private func release(_ system: ExternalSystem, _ head: CodexSnapshot) async {
        await record(system, missing: nil)
        let held = HeldEvents(
            events: deployment.ledger.events, actions: deployment.ledger.actions,
            systems: deployment.connectors.systems, time: deployment.time)
        do {
            let identity = deployment.connectors.identity(in: system.name, head)
            let count = try await held.release(of: system.name, identity: identity)
            guard count > 0 else { return }
            deployment.logger.notice(
                "our identity on \(system.title) is known: held events go to the dispatcher",
                metadata: ["events": "\(count)"])
        } catch {
            guard !Task.isCancelled else { return }
            deployment.logger.error("cannot release held events", metadata: ["reason": "\(error)"])
        }
    }

    private func record(_ system: ExternalSystem, missing reason: String?) async {
        do {
            try await deployment.ledger.events.noteIdentity(of: system.name, missing: reason, now: deployment.time.now)
        } catch {
            guard !Task.isCancelled else { return }
            deployment.logger.error(
                "cannot record our identity on \(system.title)", metadata: ["reason": "\(error)"])
        }
    }
}
