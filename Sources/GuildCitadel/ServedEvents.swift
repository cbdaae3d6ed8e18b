import GuildDomain
import GuildIngress
import GuildLedger

/// The ledger's events, as `guild serve` accepts them: a push to the followed remote fetches it at once, and an event that
/// is held begins the question of who we are.
struct ServedEvents: EventStore {
    private let ledger: LedgerEvents
    private let remoteAddress: String?
    private let pushed: Signal
    private let held: Signal

    /// - Parameters:
    ///   - remoteAddress: where the followed remote is; nil if none is followed.
    ///   - pushed: raised when somebody pushed to that remote.
    ///   - held: raised when an event is held.
    init(ledger: LedgerEvents, remoteAddress: String?, pushed: Signal, held: Signal) {
        self.ledger = ledger
        self.remoteAddress = remoteAddress
        self.pushed = pushed
        self.held = held
    }

    func accept(_ event: Event, policy: AcceptancePolicy, now: Timestamp) async throws -> Acceptance {
        if isPush(event) { pushed.raise() }
        let acceptance = try await ledger.accept(event, policy: policy, now: now)
        if case .held = acceptance { held.raise() }
        return acceptance
    }

    private func isPush(_ event: Event) -> Bool {
        let place = "/\(event.system)/"
        guard let remoteAddress, event.guildEvent == "PUSH_RECEIVED", event.source.hasPrefix(place) else {
            return false
        }
        return RemoteBranch.address(remoteAddress, isOf: String(event.source.dropFirst(place.count)))
    }

    func origin(of action: ActionID) async throws -> Event? { try await ledger.origin(of: action) }

    func origin(ofLast operations: [String], on subject: String, now: Timestamp) async throws -> Event? {
        try await ledger.origin(ofLast: operations, on: subject, now: now)
    }

    func action(_ id: ActionID) async throws -> Action? { try await ledger.action(id) }
}
