/// The result of offering an event.
package enum Acceptance: Sendable, Hashable {
    /// Durable and queued for the dispatcher.
    case accepted(EventID)
    /// Durable, and held until our identity is known.
    case held(EventID)
    /// The same delivery, or the same body, is in the ledger already; only that it came again was noted.
    case duplicate(EventID)
    /// The inbound queue is at its limit; nothing was written.
    case overloaded
    /// The sender is over its rate; nothing was written.
    case limited(until: Timestamp)
}
