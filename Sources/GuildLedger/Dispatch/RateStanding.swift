package import GuildDomain

/// A rate limit with its bucket.
package struct RateStanding: Sendable, Hashable {
    /// The bucket's rate and unit.
    package let charge: AdmissionTerms.Charge
    /// The bucket's state.
    package let bucket: RateBucket

    /// Whether as much may go at once as ever.
    package var isFull: Bool { bucket.available >= charge.rate.burst }

    /// Requests or tokens that may go at once.
    package var left: Int64 { bucket.available / charge.cost }

    /// How long the next one would have to wait: zero if it may go now.
    package var wait: Duration { bucket.taking(charge.unit == .requests ? charge.cost : 0).wait(charge.rate) }
}
