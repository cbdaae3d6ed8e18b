package import GuildCodex
package import GuildConnectors
package import GuildDomain
package import GuildLedger
import GuildWork
package import Logging
import ServiceLifecycle

/// Performs the actions that agents requested, in order for each subject.
///
///     queued ──claim──▶ running ──connector──▶ succeeded | failed | back to queued with backoff, or to look again
///
/// Executed at least once: the idempotency key is sent if the system supports one; otherwise the connector looks for the
/// mark of the first try before a retry. While that try may still arrive, the action waits in the queue.
package struct ActionExecutor: Service {
    private static let slots = 8

    /// The parts that the executor works with; the same for `serve` and for `run`.
    package struct Parts: Sendable {
        package var actions: ActionLedger
        package var events: EventLedger
        /// Takes back the work of dead workers.
        package var invocations: InvocationLedger
        /// The source of retries, patience and rates, at the moment of use.
        package var codex: CurrentCodex
        package var connectors: CurrentConnectors
        package var worker: Worker
        package var time: any TimeSource
        package var logger: Logger

        package init(
            actions: ActionLedger, events: EventLedger, invocations: InvocationLedger, codex: CurrentCodex,
            connectors: CurrentConnectors, worker: Worker, time: any TimeSource, logger: Logger
        ) {
            self.actions = actions
            self.events = events
            self.invocations = invocations
            self.codex = codex
            self.connectors = connectors
            self.worker = worker
            self.time = time
            self.logger = logger
        }
    }

    private let parts: Parts
    /// Only this causal root: what `guild run` hosts.
    private let root: EventID?

    private var actions: ActionLedger { parts.actions }
    private var time: any TimeSource { parts.time }

    package init(_ parts: Parts, root: EventID? = nil) {
        self.parts = parts
        self.root = root
    }

    package func run() async throws {
        let loop = ClaimLoop(
            invocations: parts.invocations, signal: actions.ready, worker: parts.worker, slots: Self.slots, time: time,
            logger: parts.logger)
        try await loop.run { limit in
            let claimed = try await actions.claim(
                root: root, upTo: limit, worker: parts.worker,
                charges: { [codex = parts.codex] in codex.head.rates.charges(operation: $0) }, now: time.now)
            return claimed.map { one in { try await perform(one) } }
        } nextTime: { claimedAt in
            try await actions.nextTime(worker: parts.worker, now: claimedAt)
        }
    }

    /// Executes an action with its lease renewed beside it.
    private func perform(_ claimed: ClaimedAction) async throws {
        let action = claimed.action
        do {
            try await ClaimLoop.holdingLease(
                renew: { try await actions.renew(action, worker: parts.worker, now: time.now) }, time: time
            ) { try await execute(action, claimed.refusal) }
        } catch let fault as RowFault {
            try await actions.failDamaged(action.id, fault, now: time.now)
            throw fault
        }
    }

    private func execute(_ action: Action, _ refusal: RateExceeded?) async throws {
        if let refusal {
            return try await retryOrFail(action, reason: refusal.message, retryAfter: refusal.wait, now: time.now)
        }
        let outcome: Result<JSONValue, OperationFailure>
        let connectors = parts.connectors.of(parts.codex.head)
        let event =
            connectors.hasPlace(action.operation, arguments: action.arguments)
            ? try await parts.events.cause(of: action.id) : nil
        let lastTry = try await actions.lastTry(of: action)
        do throws(OperationFailure) {
            if let event { try await connectors.confirm(action.operation, arguments: action.arguments, against: event) }
            outcome = .success(
                try await connectors.perform(
                    action.operation, arguments: action.arguments, action: action.id, lastTry: lastTry))
        } catch {
            outcome = .failure(error)
        }
        let now = time.now
        let actionWait = parts.codex.head.settings.actionWait.value
        switch outcome {
        case .success(let value):
            try await actions.finish(
                action, succeeded: true, result: value.text(), waitUntil: now + actionWait, now: now)
        case .failure where Task.isCancelled:
            // The process ends, or another has taken over: that says nothing about the action.
            try await actions.retryLater(action, reason: "the process stopped", availableAt: now, now: now)
        case .failure(.undecided(let until, let reason)):
            try await actions.lookAgain(action, reason: reason, at: until, now: now)
        case .failure(.retryable(let reason, let retryAfter)):
            try await retryOrFail(action, reason: reason, retryAfter: retryAfter ?? .zero, now: now)
        case .failure(let failure):
            try await giveUp(action, reason: failure.message, now: now)
        }
        parts.logger.info(
            "action attempted",
            metadata: ["action": "\(action.id)", "operation": "\(action.operation)", "attempt": "\(action.attempt)"])
    }

    private func retryOrFail(
        _ action: Action, reason: String, retryAfter: Duration, now: Timestamp
    ) async throws {
        let jitter = Double.random(in: 0..<1)
        let settings = parts.codex.head.settings
        guard let delay = settings.retries.delay(afterFailure: action.attempt, jitter: jitter, atLeast: retryAfter)
        else {
            return try await giveUp(action, reason: reason, now: now)
        }
        try await actions.retryLater(action, reason: reason, availableAt: now + delay, now: now)
    }

    /// Ends an action as failed for good, and tells the operator; the person who watches a single run sees it there.
    private func giveUp(_ action: Action, reason: String, now: Timestamp) async throws {
        let wait = parts.codex.head.settings.actionWait.value
        try await actions.finish(action, succeeded: false, result: reason, waitUntil: now + wait, now: now)
        guard root == nil else { return }
        parts.logger.error(
            "an action failed for good",
            metadata: [
                "action": "\(action.id)", "operation": "\(action.operation)", "subject": "\(action.subject)",
                "agent": "\(action.agent)", "invocation": "\(action.invocation)", "root": "\(action.root)",
                "attempt": "\(action.attempt)", "reason": "\(reason)", "hint": "guild audit show \(action.id)",
            ])
    }
}
