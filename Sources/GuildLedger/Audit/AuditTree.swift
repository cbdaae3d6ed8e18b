import GuildDomain

/// The Merkle tree over the chain: leaf i is the `hash` of entry i + 1.
///
/// Appending does not touch it. Nodes are a cache of the chain, kept at every 8th level and derived in batches when an
/// anchor or a proof needs them. The chain exposes an entry that was changed before that, the anchors expose a rebuilt
/// chain, and `verify`, which computes the tree from the entries alone, exposes a changed node.
enum AuditTree {
    /// Levels between stored nodes: each stored node covers 256 of the stored level below.
    static let step = 8
    static let fan: Int64 = 1 << Int64(step)
    /// Subtrees of 256 leaves that one batch derives.
    static let batch: Int64 = 64
    /// The highest level kept; no chain fills one above.
    static let top = 48
}
