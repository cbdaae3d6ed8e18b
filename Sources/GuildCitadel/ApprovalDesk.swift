package import GuildDomain
package import GuildLedger

/// Where people agree to what agents may not do alone: the actions of autonomy 1.
package struct ApprovalDesk: Sendable {
    /// What happens once a decision is recorded.
    package enum Continuation: Sendable, Hashable {
        /// A process that executes actions and invocations is alive and goes on by itself.
        case served(pid: Int32, host: String)
        /// Nobody is there to go on.
        case unattended
    }

    private let ledger: Ledger
    private let actionWait: Duration
    private let time: any TimeSource
    /// `user:NAME`.
    private let actor: String

    /// - Parameter actionWait: how long a turn waits for the result of what was agreed to.
    package init(ledger: Ledger, actionWait: Duration, actor: String, time: any TimeSource) {
        self.ledger = ledger
        self.actionWait = actionWait
        self.actor = actor
        self.time = time
    }

    /// Records one decision.
    ///
    /// - Throws: `ApprovalFailure` where the id names nothing that waits.
    package func decide(_ id: String, approve: Bool, reason: String?) async throws -> Action {
        guard let action = ActionID(id) else { throw ApprovalFailure.unknown(id) }
        let now = time.now
        return try await ledger.decide(
            action, approve: approve, actor: actor, reason: reason, waitUntil: now + actionWait, now: now)
    }

    package func continuation() async throws -> Continuation {
        let needed = [Component.executor, .actionExecutor].map(\.rawValue)
        let alive = try await ledger.status().processes.filter(\.isAlive)
        let serving = alive.first { process in
            let components = process.components.split(separator: " ").map(String.init)
            return needed.allSatisfy(components.contains)
        }
        return serving.map { .served(pid: $0.pid, host: $0.host) } ?? .unattended
    }
}
