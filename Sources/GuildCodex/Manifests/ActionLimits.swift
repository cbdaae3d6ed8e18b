package import GuildDomain

/// An `actions` block as written: what an agent may do before a person is asked. `CodexSnapshot.actionCaps(of:)` gives
/// what is in force.
package struct ActionLimits: Sendable, Hashable {
    /// So many actions; a cap that is not named is set elsewhere.
    package var counts: [ActionCap: Int64] = [:]
    /// Where each was written.
    package var locations: [ActionCap: SourceLocation] = [:]

    package init() {}

    /// What it says about a cap.
    package func limit(_ cap: ActionCap, in manifest: SourceLocation) -> Limit<Int64>? {
        counts[cap].map { Limit($0, .manifest(locations[cap] ?? manifest)) }
    }
}
