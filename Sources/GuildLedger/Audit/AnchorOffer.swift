import GuildDomain

/// The next anchor, or the reason why there is none to make.
package enum AnchorOffer: Sendable, Hashable {
    case anchor(AuditAnchor)
    /// Nothing was written since the last one except the entry that records it.
    case nothingNew
    /// The log does not match the last anchor, or is invalid: nothing may be anchored.
    case refused(AuditVerdict.Problem)
}
