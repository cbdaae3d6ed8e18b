import GRDB
package import GuildDomain

extension Ledger {
    /// Ids that are looked through for one that a misspelt one may mean: the newest of each kind.
    private static let recentIDs = 500

    /// The events, invocations and actions whose ids begin so, in their order; at most `limit`. Nothing begins with an
    /// empty text.
    package func ids(beginningWith prefix: String, limit: Int) async throws -> [EventID] {
        let missing = 26 - prefix.utf8.count
        guard !prefix.isEmpty, missing >= 0,
            let low = EventID(prefix + String(repeating: "0", count: missing)),
            let high = EventID(prefix + String(repeating: "Z", count: missing))
        else { return [] }
        return try await read { db in
            try EventID.fetchAll(
                db,
                sql: """
                    SELECT id FROM events WHERE id BETWEEN ?1 AND ?2
                    UNION SELECT id FROM invocations WHERE id BETWEEN ?1 AND ?2
                    UNION SELECT id FROM actions WHERE id BETWEEN ?1 AND ?2 ORDER BY 1 LIMIT ?3
                    """, arguments: [low, high, limit])
        }
    }

    /// The newest events, invocations and actions, for a hint.
    package func recentIDs() async throws -> [EventID] {
        try await read { db in
            try ["events", "invocations", "actions"].flatMap { table in
                try EventID.fetchAll(db, sql: "SELECT id FROM \(table) ORDER BY seq DESC LIMIT \(Self.recentIDs)")
            }
        }
    }
}
