package import GuildCodex
package import GuildConnectors
package import GuildDomain
package import GuildLedger
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

    private let ledger: Ledger
    private let connectors: @Sendable () -> Connectors
    private let worker: Worker
    /// Only this causal root, for the executor that `guild run` hosts.
    private let root: EventID?
    /// The retry and patience settings of the head, at the moment of use.
    private let settings: @Sendable () -> GuildSettings
    /// The rates that an operation counts against, at the moment of use.
    private let charges: @Sendable (String) -> [AdmissionTerms.Charge]
    private let time: any TimeSource
    private let logger: Logger

    package init(
        ledger: Ledger, connectors: @escaping @Sendable () -> Connectors, worker: Worker, root: EventID? = nil,
        settings: @escaping @Sendable () -> GuildSettings,
        charges: @escaping @Sendable (String) -> [AdmissionTerms.Charge] = { _ in [] }, time: any TimeSource,
        logger: Logger
    ) {
        self.ledger = ledger
        self.connectors = connectors
        self.worker = worker
        self.root = root
        self.settings = settings
        self.charges = charges
        self.time = time
        self.logger = logger
    }

    package func run() async throws {
        let loop = ClaimLoop(
            ledger: ledger, worker: worker, topic: .actions, slots: Self.slots, time: time, logger: logger)
        try await loop.run {
            let claimed = try await ledger.claimAction(root: root, worker: worker, charges: charges, now: time.now)
            guard let claimed else { return nil }
            let action = claimed.action
            return {
                try await ClaimLoop.holdingLease(
                    renew: { try await ledger.renew(action, worker: worker, now: time.now) }, time: time
                ) { try await execute(action, claimed.refusal) }
            }
        } nextTime: { claimedAt in
            try await ledger.nextActionTime(worker: worker, now: claimedAt)
        }
    }

    private func execute(_ action: Action, _ refusal: RateExceeded?) async throws {
        if let refusal {
            return try await retryOrFail(action, reason: refusal.message, retryAfter: refusal.wait, now: time.now)
        }
        let outcome: Result<JSONValue, OperationFailure>
        let connectors = connectors()
        let event =
            connectors.hasPlace(action.operation, arguments: action.arguments)
            ? try await ledger.cause(of: action.id) : nil
        let lastTry = try await ledger.lastTry(of: action)
        do throws(OperationFailure) {
            if let event { try await connectors.confirm(action.operation, arguments: action.arguments, against: event) }
            outcome = .success(
                try await connectors.perform(
                    action.operation, arguments: action.arguments, action: action.id, lastTry: lastTry))
        } catch {
            outcome = .failure(error)
        }
        let now = time.now
        let actionWait = settings().actionWait.value
        switch outcome {
        case .success(let value):
            try await ledger.finish(
                action, succeeded: true, result: value.text(), waitUntil: now + actionWait, now: now)
        case .failure where Task.isCancelled:
            // The process ends, or another has taken over: that says nothing about the action.
            try await ledger.retryLater(action, reason: "the process stopped", availableAt: now, now: now)
        case .failure(.undecided(let until, let reason)):
            try await ledger.lookAgain(action, reason: reason, at: until, now: now)
        case .failure(.retryable(let reason, let retryAfter)):
            try await retryOrFail(action, reason: reason, retryAfter: retryAfter ?? .zero, now: now)
        case .failure(let failure):
            try await ledger.finish(
                action, succeeded: false, result: failure.message, waitUntil: now + actionWait, now: now)
        }
        logger.info(
            "action attempted",
            metadata: ["action": "\(action.id)", "operation": "\(action.operation)", "attempt": "\(action.attempt)"])
    }

    private func retryOrFail(
        _ action: Action, reason: String, retryAfter: Duration, now: Timestamp
    ) async throws {
        let (jitter, settings) = (Double.random(in: 0..<1), settings())
        guard let delay = settings.retries.delay(afterFailure: action.attempt, jitter: jitter, atLeast: retryAfter)
        else {
            return try await ledger.finish(
                action, succeeded: false, result: reason, waitUntil: now + settings.actionWait.value, now: now)
        }
        try await ledger.retryLater(action, reason: reason, availableAt: now + delay, now: now)
    }
}
