package import GuildDomain

/// What an authenticated delivery is.
package enum WebhookVerdict: Sendable, Equatable {
    /// The sender tries whether we are there: answered 200, no event.
    case ping
    case event(WebhookEvent)
}

/// An event made of a delivery, and what the gateway must know to accept it once.
package struct WebhookEvent: Sendable, Equatable {
    /// `cause`, `root`, `hop` and `chapter` are left to the gateway.
    package var event: Event
    /// SHA-256 over endpoint, event type and body, for senders who sign neither id nor time: a captured body sent again
    /// under a new id has the same digest.
    package var digest: [UInt8]
    /// Those that the body has if it was sent under another type that it can't be told from.
    package var otherDigests: [[UInt8]]
    /// The payload has no time or id of its own, so another delivery with the same digest is another event.
    package var canRepeat: Bool
    /// The action of ours that caused it, where its marker says so.
    package var ownAction: ActionID?
    /// For an event of ours that shows no marker: the operations that cause such an event. The last of them on the same
    /// subject is taken for its cause.
    package var ownOperations: [String]
    /// For an event that is not ours by its sender: the mark of an action that it shows.
    package var claim: GitHubResultClaim?

    package init(
        event: Event, digest: [UInt8], otherDigests: [[UInt8]] = [], canRepeat: Bool = false,
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

/// Why an authenticated delivery makes no event; answered 400.
package enum WebhookRefusal: GuildError, Equatable {
    case missingHeader(String)
    case malformedHeader(String, expected: String)
    case notJSON(JSONParser.Problem)
    case malformedPayload(String)

    package var kind: ErrorKind { .usage }

    package var message: String {
        switch self {
        case .missingHeader(let name): "the header \(name) is missing"
        case .malformedHeader(let name, let expected): "the header \(name) must be \(expected)"
        case .notJSON(let problem): "the payload is \(problem.message)"
        case .malformedPayload(let reason): "the payload: \(reason)"
        }
    }

    package var hint: String? {
        switch self {
        case .missingHeader, .malformedHeader: "is the sender the system that this endpoint is for?"
        case .notJSON, .malformedPayload: nil
        }
    }
}
