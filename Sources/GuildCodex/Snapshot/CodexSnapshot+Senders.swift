package import GuildDomain

/// What those who send events may set going. Buckets are named by the sender, `sender/SYSTEM/583231`; those of a policy
/// end with `@`, the policy and the place of the limit there.
extension CodexSnapshot {
    /// Runs that a non-member may set going within an hour, where no policy says otherwise.
    package static let senderRunsPerHour: Int64 = 30
    /// The same of all non-members together.
    package static let nonMemberRunsPerHour: Int64 = 60

    /// What a run takes from for whoever sent its event.
    ///
    /// A policy's limits replace the built-in one that is about the same: each sender by itself, or all non-members.
    /// Who is named by id is known, and not one of many.
    package func charges(sender: EventSender) -> [AdmissionTerms.Charge] {
        let named = senderCharges(of: sender.id) { $0.name == sender.id }
        if !named.isEmpty { return named }
        let each = senderCharges(of: sender.id) { $0.name == nil }
        guard sender.isOutsider else { return each }
        let builtIn = Self.builtIn(sender.id, runsPerHour: Self.senderRunsPerHour)
        return (each.isEmpty ? [builtIn] : each) + nonMemberCharges
    }

    /// The charge whose bucket has this name; nil where the codex has no such limit any more.
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
        rateLimits.flatMap { policy in
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
