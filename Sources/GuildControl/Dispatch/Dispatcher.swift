package import GuildCodex
package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle

/// Takes each inbound event, decides once what it sets going, and records that.
///
///     messages(inbound) ──▶ Router.decide ──▶ one transaction: inbox, decisions, invocations, audit; message gone
///
/// A crash before the commit leaves the message; a second dispatcher that decides the same event finds it in `inbox`.
package struct Dispatcher: Service {
    /// Events decided side by side, so that their transactions share a commit.
    private static let batchLimit = 128
    private static let recheck = Duration.seconds(30)

    private let ledger: Ledger
    private let codex: CurrentCodex
    private let time: any TimeSource
    private let logger: Logger
    private let current = CurrentRouter()

    package init(ledger: Ledger, codex: CurrentCodex, time: any TimeSource, logger: Logger) {
        self.ledger = ledger
        self.codex = codex
        self.time = time
        self.logger = logger
    }

    package func run() async throws {
        let inbound = ledger.signal(.inbound)
        while !Task.isCancelled {
            let seen = inbound.generation
            if try await dispatchWaiting() > 0 { continue }
            await inbound.wait(after: seen, until: time.now + Self.recheck, time: time)
        }
    }

    /// Decides what waits now.
    ///
    /// - Returns: how many events were looked at.
    package func dispatchWaiting() async throws -> Int {
        let messages = try await ledger.inbound(limit: Self.batchLimit, now: time.now)
        guard !messages.isEmpty else { return 0 }
        // Read after the events, so that a pause that was made before an event is seen.
        let pauses = try await ledger.pauses(now: time.now)
        let snapshot = codex.head
        let router = current.router(for: snapshot)
        let fence = codex.fence.map { _ in snapshot.commit }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for message in messages {
                    group.addTask { try await dispatch(message, router, pauses, commit: snapshot.commit, fence: fence) }
                }
                try await group.waitForAll()
            }
        } catch let stale as StaleHead {
            // Another process accepted a newer commit: what is not decided yet is decided by that one.
            try codex.follow(stale.accepted)
        }
        return messages.count
    }

    private func dispatch(
        _ message: InboundMessage, _ router: Router, _ pauses: [String: AgentPause], commit: String, fence: String?
    ) async throws {
        let decisions = router.decide(message.event, pauses: pauses, rootTokens: message.rootTokens, now: time.now)
        guard try await ledger.decide(message, decisions, commit: commit, head: fence, now: time.now) else { return }
        for decision in decisions {
            logger.info(
                "event \(decision.outcome.rawValue)",
                metadata: [
                    "event": "\(message.event.id)", "type": "\(message.event.type)", "agent": "\(decision.agent)",
                    "rule": "\(decision.rule)",
                ])
        }
    }
}
