import GuildDomain

/// The result of retention, or its preview.
package struct RetentionReport: Sendable, Hashable {
    /// Events that set nothing going, deleted with their decisions.
    package var eventsDeleted = 0
    /// Events whose content was erased with that of their invocations; their rows stay until the accounts are closed.
    package var eventsErased = 0
    /// Calls whose entries were folded into opening balances.
    package var callsClosed = 0
    /// Deleted with their events and journals, once their calls were closed.
    package var invocations = 0
    package var auditBodies = 0
    /// Expired digests and ids.
    package var digests = 0
    package var notifications = 0
    package var workers = 0
    package var firings = 0
    /// Hours of roll-ups and totals of roots.
    package var metrics = 0
    package var bodyFiles = 0
    /// False if the time was up before all was done.
    package var isComplete = true

    package init() {}

    /// Whether there was nothing to do.
    package var isEmpty: Bool { counts.allSatisfy { $0.count == 0 } }

    /// In the order that people read them.
    package var counts: [(name: String, count: Int)] {
        [
            ("events deleted", eventsDeleted), ("events erased", eventsErased), ("calls closed", callsClosed),
            ("invocations", invocations), ("audit bodies", auditBodies),
            ("digests", digests), ("notifications", notifications), ("workers", workers), ("firings", firings),
            ("metrics", metrics), ("body files", bodyFiles),
        ]
    }
}
