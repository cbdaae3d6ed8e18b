package import GuildConnectors
package import GuildDomain
package import GuildLedger

/// Knows the echo of our own actions, and the event that each of those answered.
package struct OwnEvents: Sendable {
    /// The event that an action of ours answered.
    package typealias Origin = @Sendable (ActionID) async throws -> Event?
    /// The event that the last of these operations on a subject answered, before an instant.
    package typealias LastOrigin = @Sendable (_ operations: [String], _ subject: String) async throws -> Event?
    package typealias FindAction = @Sendable (ActionID) async throws -> Action?

    private let systems: SystemRegistry
    private let origin: Origin
    private let lastOrigin: LastOrigin
    private let findAction: FindAction

    package init(
        systems: SystemRegistry, origin: @escaping Origin, lastOrigin: @escaping LastOrigin,
        action: @escaping FindAction = { _ in nil }
    ) {
        self.systems = systems
        self.origin = origin
        self.lastOrigin = lastOrigin
        findAction = action
    }

    /// The event with its ownership and its cause. An event with the mark of an action that is that action's result is
    /// ours too, whatever our identity.
    package func judged(_ webhook: WebhookEvent) async throws -> Event {
        var (event, ownAction) = (webhook.event, webhook.ownAction)
        if !event.isOwn, let claim = webhook.claim, try await isResult(claim) {
            (event.isOwn, ownAction) = (true, claim.action)
        }
        guard event.isOwn else { return event }
        var cause: Event?
        if let ownAction {
            cause = try await origin(ownAction)
        } else if let subject = event.subject, !webhook.ownOperations.isEmpty {
            cause = try await lastOrigin(webhook.ownOperations, subject)
        }
        guard let cause else {
            // The place of the run that caused it is unknown here.
            event.containers = []
            return event
        }
        (event.cause, event.root, event.hop) = (cause.id, cause.root, cause.hop + 1)
        // An action has its echo only if it was done; a mark of another place gives nothing of that place.
        if let ownAction, try await isElsewhere(ownAction, event) {
            event.containers = cause.containers.filter(event.containers.contains)
        } else {
            event.containers = cause.containers
        }
        return event
    }

    private func isElsewhere(_ action: ActionID, _ event: Event) async throws -> Bool {
        guard let connector = systems[event.system]?.connector, let action = try await findAction(action),
            let subject = event.subject
        else { return true }
        return connector.container(ofSubject: action.subject) != connector.container(ofSubject: subject)
    }

    private func isResult(_ claim: any ActionClaim) async throws -> Bool {
        guard let action = try await findAction(claim.action) else { return false }
        return claim.isResult(
            of: SentAction(
                operation: action.operation, subject: action.subject, arguments: action.arguments,
                result: action.state == .succeeded ? action.result ?? "" : nil, wasSent: action.attempt > 0))
    }
}
