package import GuildConnectors
package import GuildDomain
package import GuildLedger

/// Releases the events that were held until our identity was known.
package struct HeldEvents: Sendable {
    private static let pageSize = 64

    private let events: EventLedger
    private let actions: ActionLedger
    private let systems: SystemRegistry
    private let time: any TimeSource

    /// - Parameter actions: tells whether a held event is the echo of an action of ours.
    package init(
        events: EventLedger, actions: ActionLedger, systems: SystemRegistry = .standard, time: any TimeSource
    ) {
        self.events = events
        self.actions = actions
        self.systems = systems
        self.time = time
    }

    /// Judges everything that is held of a system by who we are there, and hands it to the dispatcher in its old order.
    /// Events that cannot be read are left out; the audit log says why.
    ///
    /// - Parameter identity: nil if none is needed any more, because nothing of ours can be among it.
    /// - Returns: how many there were.
    @discardableResult
    package func release(of system: String, identity: SystemIdentity?) async throws -> Int {
        let source = systems[system]?.webhooks
        let own = OwnEvents(systems: systems, events: LedgerEvents(events: events, actions: actions))
        var count = 0
        while true {
            let page = try await events.takeHeld(system: system, limit: Self.pageSize, now: time.now)
            guard !page.isEmpty else { return count }
            var judged: [Event] = []
            for held in page {
                let webhook =
                    source?.recognised(held.event, identity: identity) ?? WebhookEvent(event: held.event)
                judged.append(try await own.judged(webhook, now: held.receivedAt))
            }
            try await events.releaseHeld(judged, now: time.now)
            count += page.count
            try Task.checkCancellation()
        }
    }
}
