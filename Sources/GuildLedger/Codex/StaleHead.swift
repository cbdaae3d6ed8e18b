package import GuildDomain

/// Another process has accepted a newer commit than the one that this step was made with: take that up, then again.
package struct StaleHead: GuildError, Equatable {
    /// The commit that is accepted now.
    package let accepted: String
    /// The commit that the step was made with.
    package let used: String

    package var kind: ErrorKind { .unavailable }
    package var message: String {
        "commit \(used.prefix(12)) is no longer the accepted one; that is \(accepted.prefix(12))"
    }
    package var hint: String? { "load the accepted commit, then try again" }
}
