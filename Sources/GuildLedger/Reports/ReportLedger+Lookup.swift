package import GuildDomain

extension ReportLedger {
    /// Ids that are looked through for one that a misspelt one may mean: the newest of each kind.
    private static let recentIDs = 500

    /// The records of these kinds whose ids have this prefix, in their order; at most `limit`. An empty prefix matches
    /// nothing.
    package func ids(
        beginningWith prefix: String, of kinds: [RecordKind] = RecordKind.allCases, limit: Int
    ) async throws -> [EventID] {
        let missing = 26 - prefix.utf8.count
        guard !prefix.isEmpty, missing >= 0,
            let low = EventID(prefix + String(repeating: "0", count: missing)),
            let high = EventID(prefix + String(repeating: "Z", count: missing))
        else { return [] }
        let ids = kinds.map { "SELECT id FROM \($0.table) WHERE id BETWEEN ? AND ?" }.joined(separator: " UNION ")
        return try await ledger.scan { db in
            let bounds: [(any Storable)?] = kinds.flatMap { _ in [low, high] }
            return try db.listed("\(ids) ORDER BY 1 LIMIT ?", bounds + [limit])
        }
    }

    /// The newest of each kind, for a hint.
    package func recentIDs(of kinds: [RecordKind] = RecordKind.allCases) async throws -> [EventID] {
        try await ledger.scan { db in
            try kinds.flatMap { kind in
                try db.listed(
                    "SELECT id FROM \(kind.table) ORDER BY seq DESC LIMIT ?", [Self.recentIDs], as: EventID.self)
            }
        }
    }
}
