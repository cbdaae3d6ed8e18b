package import GuildDomain

/// An `actions` block as written: how many actions an agent may request before a person must approve.
/// `CodexSnapshot.actionCaps(of:)` returns the caps in force.
package struct ActionLimits: Sendable, Hashable {
    /// So many actions; a cap that is not named is set elsewhere.
    package var counts: [ActionCap: Int64] = [:]
    /// Where each was written.
    package var locations: [ActionCap: SourceLocation] = [:]

    package init() {}

    /// The block's own value for a cap.
    package func limit(_ cap: ActionCap, in manifest: SourceLocation) -> Limit<Int64>? {
        counts[cap].map { Limit($0, .manifest(locations[cap] ?? manifest)) }
    }
}
