package import GuildDomain

/// Why a request does not go out now.
package struct RateExceeded: GuildError, Hashable {
    package let reason: String
    package let until: Timestamp
    /// From the moment of asking.
    package let wait: Duration

    package var kind: ErrorKind { .unavailable }
    package var message: String { "\(reason); try again after \(until.rfc3339)" }
    package var hint: String? { "raise the limit in the codex, or call less often" }
}
