package import GuildDomain

/// The content of an authentic delivery.
package enum WebhookContent: Sendable {
    /// The sender checks that the endpoint exists, or that it has the secret: answered at once, without an event.
    case handshake(WebhookReply)
    /// In the sender's order.
    case events([WebhookEvent])

    /// The events; none for a handshake.
    package var events: [WebhookEvent] {
        if case .events(let events) = self { events } else { [] }
    }
}

/// An event made of a delivery, with the facts by which the gateway accepts it only once.
package struct WebhookEvent: Sendable {
    /// `cause`, `root`, `hop` and `chapter` are left to the gateway.
    package var event: Event
    /// SHA-256 over endpoint, event type and body, for senders that sign neither id nor time: a captured body sent
    /// again under a new id has the same digest. Nil for an event known by its id alone.
    package var digest: [UInt8]?
    /// The digests of the same body under other types that cannot be told from its own.
    package var otherDigests: [[UInt8]]
    /// The payload has no time or id of its own, so another delivery with the same digest is another event.
    package var canRepeat: Bool
    /// The action of this guild that caused the event, if its mark says so.
    package var ownAction: ActionID?
    /// For an event of the guild's own account without a mark: the operations that cause such an event. The last of
    /// them on the same subject counts as its cause.
    package var ownOperations: [String]
    /// For an event that is not ours by its sender: the mark of an action that it shows.
    package var claim: (any ActionClaim)?

    package init(
        event: Event, digest: [UInt8]? = nil, otherDigests: [[UInt8]] = [], canRepeat: Bool = false,
        ownAction: ActionID? = nil, ownOperations: [String] = []
    ) {
        self.event = event
        self.digest = digest
        self.otherDigests = otherDigests
        self.canRepeat = canRepeat
        self.ownAction = ownAction
        self.ownOperations = ownOperations
    }
}
