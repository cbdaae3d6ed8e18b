package import GuildDomain

/// An action that this worker now owns.
package struct ClaimedAction: Sendable {
    package let action: Action
    /// Why it may not go out in this attempt.
    package let refusal: RateExceeded?
}
