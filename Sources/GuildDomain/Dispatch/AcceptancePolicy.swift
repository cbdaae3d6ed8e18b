/// How an event is taken in.
package struct AcceptancePolicy: Sendable {
    /// The accepting component: an audit actor.
    package var actor: String
    /// A digest of endpoint, type and body, if the sender signs neither id nor time; deduplicated beside the id.
    package var bodyDigest: [UInt8]?
    /// By which the same body is known if it was taken in under another type.
    package var otherDigests: [[UInt8]] = []
    /// How long a repeated event is recognised.
    package var dedupWindow = AcceptancePolicy.standardDedupWindow
    /// Messages that may wait for the dispatcher.
    package var queueLimit: Int64 = 10_000
    package var commit: String?
    /// The buckets that an event takes from: one that has to wait is decided later, or refused.
    package var charges: [AdmissionTerms.Charge] = []
    /// Whether it may be decided at once.
    package var hold = EventHold.none

    /// The time within which the same delivery or the same body is a duplicate.
    package static let standardDedupWindow = Duration.seconds(24 * 3600)

    package init(actor: String) { self.actor = actor }
}
