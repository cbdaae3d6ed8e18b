import GRDB

extension LedgerSchema {
    /// The hourly roll-up by causal root, filled from the books as they are.
    ///
    /// `root_totals` knows a root's whole life only, so a report over a period would count what lies outside it. Most
    /// roots live for minutes: this table has hardly more rows than there are roots.
    static func registerRootUsage(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-root-usage") { db in
            try db.execute(sql: rootUsage)
            try db.execute(sql: rootUsageOfOldBooks)
        }
    }

    private static let rootUsage = """
        CREATE TABLE root_usage (
            hour INTEGER NOT NULL,
            root BLOB NOT NULL,
            calls INTEGER NOT NULL,
            input INTEGER NOT NULL,
            cache_read INTEGER NOT NULL,
            cache_write INTEGER NOT NULL,
            output INTEGER NOT NULL,
            reasoning INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            PRIMARY KEY (hour, root)
        ) WITHOUT ROWID;
        """

    private static let rootUsageOfOldBooks = """
        INSERT INTO root_usage
        SELECT e.at / 3600000000, i.root, count(DISTINCT e.id),
            sum(iif(p.book = 'spent:input', p.tokens, 0)), sum(iif(p.book = 'spent:cache_read', p.tokens, 0)),
            sum(iif(p.book = 'spent:cache_write', p.tokens, 0)), sum(iif(p.book = 'spent:output', p.tokens, 0)),
            sum(iif(p.book = 'spent:reasoning', p.tokens, 0)), sum(iif(p.book = 'spent:cost', p.cost, 0)),
            sum(iif(e.estimated = 1 AND p.book LIKE 'spent:%', p.tokens, 0))
        FROM entries e JOIN reservations r ON r.id = e.reservation JOIN invocations i ON i.id = r.invocation
            JOIN postings p ON p.entry = e.id
        WHERE e.kind = 'settle' GROUP BY 1, 2;
        """
}
