import GuildDomain

extension AuditLedger {
    /// Entries that one read looks through, so that none lasts long however rare a match is.
    private static let auditWindow: Int64 = 20_000
    private static let auditLimit = 10_000

    /// The entries that a filter lets through, in the chain's order; at most 10,000.
    package func log(_ filter: AuditFilter) async throws -> [AuditRecord] {
        let newest = try await ledger.read { db in try db.value("SELECT max(seq) FROM audit", as: Int64.self) ?? 0 }
        let last = min(newest, filter.through ?? .max)
        let limit = min(max(filter.limit, 0), Self.auditLimit)
        let first = max(filter.after, 0)
        var found: [AuditRecord] = []
        // Windows from the end that is asked for: (low, high] of the sequence.
        var low = filter.newestFirst ? max(first, last - Self.auditWindow) : first
        var high = filter.newestFirst ? last : min(last, first.addingSaturated(Self.auditWindow))
        while low < high, found.count < limit {
            let window = (low, high)
            let room = limit - found.count
            found += try await ledger.scan { db in try db.audit.records(filter, in: window, limit: room) }
            if filter.newestFirst {
                high = low
                low = max(first, low - Self.auditWindow)
            } else {
                low = high
                high = min(last, high.addingSaturated(Self.auditWindow))
            }
        }
        return filter.newestFirst ? found.reversed() : found
    }
}

extension AuditStatements {
    fileprivate func records(
        _ filter: AuditFilter, in window: (low: Int64, high: Int64), limit: Int
    ) throws -> [AuditRecord] {
        var conditions = ["a.seq > ?", "a.seq <= ?"]
        var arguments: [(any Storable)?] = [window.low, window.high]
        func add(_ condition: String, _ value: (any Storable)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments.append(value)
        }
        let kind = filter.kind.map { Glob($0) }
        let actor = filter.actor.map { Glob($0) }
        if let kind, kind.isLiteral { add("a.kind = ?", kind.description) }
        if let actor, actor.isLiteral { add("a.actor = ?", actor.description) }
        add("a.root = ?", filter.root?.description)
        add("a.subject = ?", filter.subject)
        add("? IN (a.subject, a.cause)", filter.invocation)
        add("a.at >= ?", filter.since)
        add("a.at < ?", filter.until)
        var found: [AuditRecord] = []
        guard limit > 0 else { return found }
        let sql = """
            SELECT \(AuditColumn.list) FROM \(AuditColumn.tables) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY a.seq \(filter.newestFirst ? "DESC" : "ASC")
            """
        try db.rows(sql, arguments) { row in
            if kind?.matches(row.text(AuditColumn.kind) ?? "") ?? true,
                actor?.matches(row.text(AuditColumn.actor) ?? "") ?? true
            {
                let record = AuditRecord(row)
                if filter.agent == nil || record.body?["agent"]?.string == filter.agent { found.append(record) }
            }
            return found.count < limit
        }
        return found
    }
}

extension AuditRecord {
    /// A damaged column reads as empty: a listing shows evidence, and `verify` names tampering.
    fileprivate init(_ row: LedgerRow) {
        let source = row.source
        let stored = [UInt8](stored: source, column: AuditColumn.body)
        // A body that is not JSON is reported as damage.
        let body = stored.flatMap { try? JSONParser.parse($0) }
        self.init(
            seq: source.integer(AuditColumn.seq),
            at: Timestamp(stored: source, column: AuditColumn.at) ?? Timestamp(microseconds: 0),
            actor: row.text(AuditColumn.actor) ?? "", kind: row.text(AuditColumn.kind) ?? "",
            subject: row.text(AuditColumn.subject) ?? "", commit: row.text(AuditColumn.commit),
            cause: row.text(AuditColumn.cause), root: row.text(AuditColumn.root),
            body: body, isBodyDamaged: body == nil && source.kind(AuditColumn.bodySeq) != .null,
            hash: source.bytes(AuditColumn.hash) { ContentDigest.hex(bytes: $0) })
    }
}

extension LedgerRow {
    /// Nil if the column does not hold a text.
    fileprivate func text(_ column: Int32) -> String? { String(stored: source, column: column) }
}
