package import GuildDomain
package import GuildLedger

/// Where events are accepted, and where the events are found that our own actions answered.
package protocol EventStore: Sendable {
    /// Stores an event once; it returns when the event is durable.
    func accept(_ event: Event, policy: AcceptancePolicy, now: Timestamp) async throws -> Acceptance
    /// The event that an action of ours answered.
    func origin(of action: ActionID) async throws -> Event?
    /// The event that the last of these operations on a subject answered, before an instant.
    func origin(ofLast operations: [String], on subject: String, now: Timestamp) async throws -> Event?
    /// An action of ours.
    func action(_ id: ActionID) async throws -> Action?
}

/// The events that a ledger keeps.
package struct LedgerEvents: EventStore {
    private let events: EventLedger
    private let actions: ActionLedger

    package init(events: EventLedger, actions: ActionLedger) {
        self.events = events
        self.actions = actions
    }

    package func accept(_ event: Event, policy: AcceptancePolicy, now: Timestamp) async throws -> Acceptance {
        try await events.accept(event, policy: policy, now: now)
    }

    package func origin(of action: ActionID) async throws -> Event? { try await events.origin(of: action) }

    package func origin(ofLast operations: [String], on subject: String, now: Timestamp) async throws -> Event? {
        try await events.origin(ofLast: operations, on: subject, now: now)
    }

    package func action(_ id: ActionID) async throws -> Action? { try await actions.find(id) }
}
