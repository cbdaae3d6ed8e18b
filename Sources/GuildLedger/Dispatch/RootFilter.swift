import GuildDomain

/// Limits a statement to some causal roots.
enum RootFilter {
    /// A condition with a place for each root; one that always holds if there is no limit.
    ///
    /// - Parameters:
    ///   - column: the root's column.
    ///   - roots: nil for all; so few that each can be a parameter.
    static func condition(_ column: String, _ roots: [EventID]?) -> String {
        roots.map { "\(column) IN (\(LedgerTransaction.places($0.count)))" } ?? "1 = 1"
    }
}
