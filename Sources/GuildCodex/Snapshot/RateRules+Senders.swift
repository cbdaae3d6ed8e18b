package import GuildDomain

/// The runs that senders of events may start. Buckets are named by the sender, `sender/SYSTEM/583231`; those of a
/// policy end with `@`, the policy and the limit's place in it.
extension RateRules {
    /// The runs that a non-member may start within an hour, unless a policy says otherwise.
    package static let senderRunsPerHour: Int64 = 30
    /// The same of all non-members together.
    package static let nonMemberRunsPerHour: Int64 = 60

    /// The rate limits of a run for the sender of its event.
    ///
    /// A policy's limits replace the built-in one with the same scope: each sender alone, or all non-members. A sender
    /// that a policy names by id is known, and not one of the many.
    package func charges(sender: EventSender) -> [AdmissionTerms.Charge] {
        let named = senderCharges(of: sender.id) { $0.name == sender.id }
        if !named.isEmpty { return named }
        let each = senderCharges(of: sender.id) { $0.name == nil }
        guard sender.isOutsider else { return each }
        let builtIn = Self.builtIn(sender.id, runsPerHour: Self.senderRunsPerHour)
        return (each.isEmpty ? [builtIn] : each) + nonMemberCharges
    }

    /// The charge whose bucket has this name; nil if the codex has no such limit any more.
    package func charge(senderBucket name: String) -> AdmissionTerms.Charge? {
        guard name.hasPrefix(Self.senderPrefix) else { return nil }
        let id = String(name.dropFirst(Self.senderPrefix.count).prefix { $0 != "@" })
        return charges(sender: EventSender(id: id, isOutsider: true)).first { $0.bucket == name }
    }

    var nonMemberCharges: [AdmissionTerms.Charge] {
        let together = senderCharges(of: RateLimitPolicy.nonMembers) { $0.name == RateLimitPolicy.nonMembers }
        return together.isEmpty
            ? [Self.builtIn(RateLimitPolicy.nonMembers, runsPerHour: Self.nonMemberRunsPerHour)] : together
    }

    private func senderCharges(
        of id: String, where isMeant: (RateLimitPolicy.Limit) -> Bool
    ) -> [AdmissionTerms.Charge] {
        policies.flatMap { policy in
            policy.limits.enumerated().filter { $1.scope == .sender && isMeant($1) }.flatMap { index, limit in
                limit.charges(bucket: "\(Self.senderPrefix)\(id)@\(policy.name)#\(index)")
            }
        }.map(Self.ofSender)
    }

    private static let senderPrefix = "sender/"

    private static func builtIn(_ id: String, runsPerHour: Int64) -> AdmissionTerms.Charge {
        ofSender(
            AdmissionTerms.Charge(bucket: senderPrefix + id, requestsPerHour: runsPerHour, rejects: false))
    }

    private static func ofSender(_ charge: AdmissionTerms.Charge) -> AdmissionTerms.Charge {
        var charge = charge
        charge.isOfSender = true
        return charge
    }
}
