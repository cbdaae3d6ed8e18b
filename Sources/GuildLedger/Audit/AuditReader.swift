import Foundation
package import GuildDomain

/// An entry as it stands in the chain.
package struct AuditRecord: Sendable, Hashable {
    package let seq: Int64
    package let at: Timestamp
    package let actor: String
    package let kind: String
    package let subject: String
    package let commit: String?
    package let cause: String?
    package let root: String?
    /// Nil where it was erased.
    package let body: JSONValue?
    package let hash: String
}

/// Which entries to list. Nil fields do not restrict.
package struct AuditFilter: Sendable {
    /// A kind or an actor; `*` stands for anything.
    package var kind: String?
    package var actor: String?
    /// What the body names as its agent.
    package var agent: String?
    package var root: EventID?
    package var subject: String?
    /// An invocation, with what it caused: its actions among them.
    package var invocation: String?
    /// From then on, and before then.
    package var since: Timestamp?
    package var until: Timestamp?
    package var after: Int64 = 0
    /// The last entry that is looked at; nil is the newest.
    package var through: Int64?
    package var limit = 200
    /// The newest `limit` entries rather than the first ones after `after`.
    package var newestFirst = false

    package init() {}
}

extension Ledger {
    /// Entries that one read looks through, so that none lasts long however rare a match is.
    private static let auditWindow: Int64 = 20_000
    private static let auditLimit = 10_000

    /// The entries that a filter lets through, in the chain's order; at most 10,000.
    package func auditLog(_ filter: AuditFilter) async throws -> [AuditRecord] {
        let newest = try await read { db in try db.value("SELECT max(seq) FROM audit", as: Int64.self) ?? 0 }
        let last = min(newest, filter.through ?? .max)
        let limit = min(max(filter.limit, 0), Self.auditLimit)
        let first = max(filter.after, 0)
        var found: [AuditRecord] = []
        // Windows from the end that is asked for: (low, high] of the sequence.
        var (low, high) = filter.newestFirst ? (max(first, last - Self.auditWindow), last) : (first, first)
        if !filter.newestFirst { high = min(last, low.addingSaturated(Self.auditWindow)) }
        while low < high, found.count < limit {
            let (window, room) = ((low, high), limit - found.count)
            found += try await read { db in try db.auditRecords(filter, in: window, limit: room) }
            if filter.newestFirst {
                (low, high) = (max(first, low - Self.auditWindow), low)
            } else {
                (low, high) = (high, min(last, high.addingSaturated(Self.auditWindow)))
            }
        }
        return filter.newestFirst ? found.reversed() : found
    }
}

extension LedgerTransaction {
    fileprivate func auditRecords(
        _ filter: AuditFilter, in window: (low: Int64, high: Int64), limit: Int
    ) throws -> [AuditRecord] {
        var conditions = ["a.seq > ?", "a.seq <= ?"]
        var arguments: [(any Storable)?] = [window.low, window.high]
        func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        add("a.kind GLOB ?", filter.kind)
        add("a.actor GLOB ?", filter.actor)
        add("a.root = ?", filter.root?.description)
        add("a.subject = ?", filter.subject)
        add("? IN (a.subject, a.cause)", filter.invocation)
        add("a.at >= ?", filter.since)
        add("a.at < ?", filter.until)
        add(
            """
            CASE WHEN json_valid(CAST(b.body AS TEXT)) THEN json_extract(CAST(b.body AS TEXT), '$.agent') END = ?
            """, filter.agent)
        return try all("""
                SELECT a.*, b.body FROM audit a LEFT JOIN audit_bodies b ON b.seq = a.seq
                WHERE \(conditions.joined(separator: " AND "))
                ORDER BY a.seq \(filter.newestFirst ? "DESC" : "ASC") LIMIT \(limit)
                """, arguments, read: AuditRecord.init(row:))
    }
}

extension AuditRecord {
    /// A damaged column reads as empty, a body that does not parse as erased; `verify` is what names tampering.
    fileprivate init(row: LedgerRow) throws {
        func text(_ column: String) -> String? { String.fromDatabaseValue(row[column]) }
        try self.init(
            seq: Int64.fromDatabaseValue(row["seq"]) ?? 0,
            at: Timestamp.fromDatabaseValue(row["at"]) ?? Timestamp(microseconds: 0), actor: text("actor") ?? "",
            kind: text("kind") ?? "", subject: text("subject") ?? "", commit: text("commit_id"), cause: text("cause"),
            root: text("root"),
            body: Data.fromDatabaseValue(row["body"]).flatMap { try? JSONParser.parse(Array($0)) },
            hash: ContentDigest.hex(bytes: Data.fromDatabaseValue(row["hash"]) ?? Data()))
    }
}
