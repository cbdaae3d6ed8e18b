extension Ledger {
    private static let rowsPerPage = 500

    /// Reads a table in pages of 500 rows, each a snapshot of its own, so that no read of a large one lasts.
    ///
    /// - Parameters:
    ///   - sql: gives the column `seq` beside what `read` reads, from a number on and up to a count: `… WHERE seq > ?
    ///     ORDER BY seq LIMIT ?`.
    ///   - take: gets what `read` made of each row, page by page.
    func scanPages<Value: Sendable>(
        _ sql: String, read: @Sendable @escaping (LedgerTransaction, LedgerRow) throws -> Value,
        take: ([(seq: Int64, value: Value)]) -> Void
    ) async throws {
        var last: Int64 = 0
        while true {
            let page = try await scan { [last] db in
                try db.all(sql, [last, Self.rowsPerPage]) { row in
                    (seq: try row["seq"] as Int64, value: try read(db, row))
                }
            }
            guard let end = page.last?.seq else { return }
            take(page)
            last = end
        }
    }
}
