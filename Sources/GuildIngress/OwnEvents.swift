import GuildConnectors
import GuildDomain
import GuildLedger

/// Knows the echo of our own actions, and the event that each of those answered.
struct OwnEvents: Sendable {
    private let systems: SystemRegistry
    private let events: any EventStore

    init(systems: SystemRegistry, events: any EventStore) {
        self.systems = systems
        self.events = events
    }

    /// The event with its ownership and its cause. An event with the mark of an action that is that action's result is
    /// ours too, whatever our identity.
    ///
    /// - Parameter now: when it came; only earlier actions can have caused it.
    func judged(_ webhook: WebhookEvent, now: Timestamp) async throws -> Event {
        var event = webhook.event
        var ownAction = webhook.ownAction
        if !event.isOwn, let claim = webhook.claim, try await isResult(claim) {
            event.isOwn = true
            ownAction = claim.action
        }
        guard event.isOwn else { return event }
        var cause: Event?
        if let ownAction {
            cause = try await events.origin(of: ownAction)
        } else if let subject = event.subject, !webhook.ownOperations.isEmpty {
            cause = try await events.origin(ofLast: webhook.ownOperations, on: subject, now: now)
        }
        guard let cause else {
            // The place of the run that caused it is unknown here.
            event.containers = []
            return event
        }
        event.cause = cause.id
        event.root = cause.root
        event.hop = cause.hop + 1
        // An action has its echo only if it was done; a mark of another place gives nothing of that place.
        if let ownAction, try await isElsewhere(ownAction, event) {
            event.containers = cause.containers.filter(event.containers.contains)
        } else {
            event.containers = cause.containers
        }
        return event
    }

    private func isElsewhere(_ action: ActionID, _ event: Event) async throws -> Bool {
        guard let connector = systems[event.system]?.connector, let action = try await events.action(action),
            let subject = event.subject
        else { return true }
        return connector.container(ofSubject: action.subject) != connector.container(ofSubject: subject)
    }

    private func isResult(_ claim: any ActionClaim) async throws -> Bool {
        guard let action = try await events.action(claim.action) else { return false }
        return claim.isResult(
            of: SentAction(
                operation: action.operation, subject: action.subject, arguments: action.arguments,
                result: action.state == .succeeded ? action.result ?? "" : nil, wasSent: action.attempt > 0))
    }
}
