/// Whether a delivery is the sender's.
package enum WebhookVerdict: Sendable, Equatable {
    /// One of the endpoint's secrets made its proof.
    case authentic
    /// No secret of the endpoint made its proof, or it has none.
    case forged
    /// The sender's, but made too long ago or too far ahead: perhaps somebody sends it again.
    case stale
}
