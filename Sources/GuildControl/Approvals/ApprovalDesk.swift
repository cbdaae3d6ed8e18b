package import GuildDomain
package import GuildLedger

/// Lets people approve actions that agents may not do alone: those of autonomy 1.
package struct ApprovalDesk: Sendable {
    /// The next step once a decision is recorded.
    package enum Continuation: Sendable, Hashable {
        /// A process that executes actions and invocations is alive and continues by itself.
        case served(pid: Int32, host: String)
        /// Nobody is there to continue.
        case unattended
    }

    /// The consequence of a decision.
    package enum Outcome: Sendable {
        case ruled(Ruling)
        /// The action's row is damaged: it has ended, whatever was decided.
        case ended(ActionID, RowFault)
    }

    private let actions: ActionLedger
    private let reports: ReportLedger
    private let actionWait: Duration
    private let time: any TimeSource
    /// `user:NAME`.
    private let actor: String

    /// - Parameter actionWait: how long a turn waits for the result of an approved action.
    package init(
        actions: ActionLedger, reports: ReportLedger, actionWait: Duration, actor: String, time: any TimeSource
    ) {
        self.actions = actions
        self.reports = reports
        self.actionWait = actionWait
        self.actor = actor
        self.time = time
    }

    /// The actions that ids, whole or as much of each as is unique, name; each of them can be decided now.
    ///
    /// - Throws: `Failure` with all that is wrong with any of them.
    package func find(_ ids: [String], approve: Bool) async throws -> [ActionID] {
        var found: [ActionID] = []
        var failures: [any GuildError] = []
        for id in ids {
            do {
                let action = try await WrittenID.action(id, in: reports)
                do {
                    try await actions.checkDecidable(action, approve: approve)
                } catch is RowFault {
                    // The decision ends it.
                }
                // One that is named twice is meant once.
                if !found.contains(action) { found.append(action) }
            } catch let failure as any GuildError where failure.kind == .usage {
                failures.append(failure)
            }
        }
        if let failure = Failure.together(failures) { throw failure }
        return found
    }

    /// Records one decision; of an action that cannot be read, its end.
    ///
    /// - Throws: `ApprovalFailure` if the id names no waiting action.
    package func decide(_ id: ActionID, approve: Bool, reason: String?) async throws -> Outcome {
        let now = time.now
        do {
            return .ruled(
                try await actions.decide(
                    id, approve: approve, actor: actor, reason: reason, waitUntil: now + actionWait, now: now))
        } catch let fault as RowFault {
            try await actions.endDamaged(id, fault, approve: approve, actor: actor, reason: reason, now: now)
            return .ended(id, fault)
        }
    }

    /// The step after a decision: a running process continues, or somebody has to start one.
    package func continuation() async throws -> Continuation { try await Self.continuation(by: reports) }

    /// The same for whoever decided something else that lets runs continue.
    package static func continuation(by reports: ReportLedger) async throws -> Continuation {
        let needed = [Component.executor, .actionExecutor].map(\.rawValue)
        let alive = try await reports.status().processes.filter(\.isAlive)
        let serving = alive.first { process in
            let components = process.components.split(separator: " ").map(String.init)
            return needed.allSatisfy(components.contains)
        }
        return serving.map { .served(pid: $0.pid, host: $0.host) } ?? .unattended
    }
}
