import GuildDomain

extension BudgetAudit {
    /// Compares the opening balances with the audit entry that closed the accounts, and both with the roll-ups, which
    /// include closed entries.
    mutating func checkClosing() throws {
        if let closed {
            result.closedEntries = closed.entries
            let wanted = OpeningBalance.subject(try db.closing.openingDigest())
            let entry = try db.first(
                "SELECT kind, subject FROM audit WHERE seq = ?", [closed.audit]
            ) { row in (kind: try row[0] as String, subject: try row[1] as String) }
            if entry?.kind != AuditEntry.Kind.budgetClosed.rawValue || entry?.subject != wanted {
                find(
                    .entry, "opening balances",
                    "they differ from audit entry \(closed.audit): the accounts up to "
                        + "\(closed.until.rfc3339) were closed with others")
            }
            try addOpeningBalances(closed)
        } else if try db.holds("SELECT EXISTS (SELECT 1 FROM opening_balances)") {
            find(.entry, "opening balances", "there are some, but the accounts were never closed")
        }
        try compareTotal()
    }

    private mutating func addOpeningBalances(_ closed: BooksClosed) throws {
        var sums: [Int64] = []
        try db.each(
            """
            SELECT input, cache_read, cache_write, output, reasoning, spent_cost, available, available_cost
            FROM opening_balances WHERE available <> 0 OR available_cost <> 0
            """
        ) { row in
            let line = try Self.figures(row)
            sums = sums.isEmpty ? line : zip(sums, line).map { $0.addingSaturated($1) }
        }
        guard sums.count == 8 else { return }
        if sums[0...4].reduce(sums[6], { $0.addingSaturated($1) }) != 0 || sums[5].addingSaturated(sums[7]) != 0 {
            find(.entry, "opening balances", "their postings do not sum to zero")
        }
        total.calls += closed.calls
        total.usage += Self.usage(sums)
        total.cost = total.cost.addingSaturated(sums[5])
        total.estimated = total.estimated.addingSaturated(closed.estimated)
    }

    /// Compares the roll-ups of all hours with everything that was ever settled; if old ones were deleted, nothing can
    /// be said.
    private mutating func compareTotal() throws {
        guard closed != nil, try db.retention.rollUpsDeletedBefore() == .min else { return }
        let kept = try db.first(
            """
            SELECT coalesce(sum(input), 0), coalesce(sum(cache_read), 0), coalesce(sum(cache_write), 0),
                coalesce(sum(output), 0), coalesce(sum(reasoning), 0), coalesce(sum(cost), 0), coalesce(sum(calls), 0),
                coalesce(sum(estimated), 0)
            FROM usage_rollups
            """
        ) { row in
            let figures = try Self.figures(row)
            return HourSums.Line(
                calls: figures[6], usage: Self.usage(figures), cost: figures[5], estimated: figures[7])
        }
        if let kept, kept != total {
            find(
                .counter, "usage_rollups",
                "they sum to \(kept.text), opening balances and entries to \(total.text)")
        }
    }

    private static func figures(_ row: LedgerRow) throws -> [Int64] { try (0...7).map { try row[$0] } }

    /// The first five of some figures.
    private static func usage(_ figures: [Int64]) -> TokenUsage {
        TokenUsage(
            input: figures[0], cacheRead: figures[1], cacheWrite: figures[2], output: figures[3], reasoning: figures[4])
    }
}
