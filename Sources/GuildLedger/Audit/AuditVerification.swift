import GuildDomain

/// The scope of `guild audit verify`.
package struct AuditVerification: Sendable {
    /// The entry at which a verification begins.
    package enum Start: Sendable, Hashable {
        case beginning
        /// After the last successful verification; from the beginning if there was none.
        case remembered
        /// From that entry on; the stored hash of the one before it is trusted.
        case entry(Int64)
    }

    /// The entry at which it begins.
    package var start = Start.beginning
    /// Beside the ledger's own record of its anchors, which is always compared with.
    package var checkpoints: [AuditCheckpoint] = []
    /// The entries that are read at a time.
    package var pageSize = 5000

    package init() {}
}
