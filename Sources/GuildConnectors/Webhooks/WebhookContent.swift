package import GuildDomain

/// What an authentic delivery holds.
package enum WebhookContent: Sendable {
    /// The sender tries whether we are there, or asks us to prove it: answered at once, no event.
    case handshake(WebhookReply)
    /// In the sender's order.
    case events([WebhookEvent])

    package var events: [WebhookEvent] {
        if case .events(let events) = self { events } else { [] }
    }
}

/// An event made of a delivery, and what the gateway must know to accept it once.
package struct WebhookEvent: Sendable {
    /// `cause`, `root`, `hop` and `chapter` are left to the gateway.
    package var event: Event
    /// SHA-256 over endpoint, event type and body, for senders who sign neither id nor time: a captured body sent again
    /// under a new id has the same digest. Nil is known by its id alone.
    package var digest: [UInt8]?
    /// Those that the body has if it was sent under another type that it can't be told from.
    package var otherDigests: [[UInt8]]
    /// The payload has no time or id of its own, so another delivery with the same digest is another event.
    package var canRepeat: Bool
    /// The action of ours that caused it, if its marker says so.
    package var ownAction: ActionID?
    /// For an event of ours that shows no marker: the operations that cause such an event. The last of them on the same
    /// subject is taken for its cause.
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
