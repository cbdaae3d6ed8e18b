package import GuildDomain

/// How long things stay, and who says so (spec: PrivacyPolicy `data_retention`).
package struct RetentionPlan: Sendable, Hashable {
    /// Payloads, answers, tool calls and results, and whole events that set nothing going; counted from when the last
    /// invocation of their root ended.
    package var rawMessages: Duration
    /// Hourly roll-ups by agent, chapter and model; nil keeps them, and by root for as long as the
    /// books are open.
    package var aggregatedMetrics: Duration?
    /// Bodies of audit entries; nil keeps them. The entries themselves always stay.
    package var auditLogs: Duration?
    /// What asks for it: `policies/privacy.yaml:9`, `built in`.
    package var policy: String
    /// How long the id of a deleted event is remembered, from when it was received.
    package var dedupWindow = AcceptancePolicy.standardDedupWindow

    /// Calendar periods are counted from the entries of the books, so those of two months stay, and what they name.
    private static let openBooks = Duration.seconds(62 * 86_400)

    /// How long invocations, their journals and their postings stay; afterwards only what they come to.
    package var booksKept: Duration { max(rawMessages, Self.openBooks) }

    package init(
        rawMessages: Duration, aggregatedMetrics: Duration? = nil, auditLogs: Duration? = nil, policy: String
    ) {
        self.rawMessages = rawMessages
        self.aggregatedMetrics = aggregatedMetrics
        self.auditLogs = auditLogs
        self.policy = policy
    }
}

/// What retention took away, or would.
package struct RetentionReport: Sendable, Hashable {
    /// Events that set nothing going, deleted with their decisions.
    package var eventsDeleted = 0
    /// Events whose content was erased with that of their invocations; their rows stay until the books are closed.
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
    /// False where the time was up before all was done.
    package var isComplete = true

    package init() {}

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

extension Ledger {
    /// Batches that one call runs at most.
    private static let batchesPerStep = 10_000

    /// Takes away what the plan no longer keeps, in transactions of at most 500 rows or 4 MiB, each behind the writes that
    /// wait already. Freed pages are used again, so the file stays at its high-water mark.
    ///
    /// - Parameters:
    ///   - actor: `retention`, `user:NAME`; each batch that erases content is one audit entry.
    ///   - looksAtFiles: whether every body's file is held against the rows, even where no event went.
    ///   - goesOn: asked between batches; false ends the call early.
    package func prune(
        _ plan: RetentionPlan, actor: String, now: Timestamp, looksAtFiles: Bool = true,
        goesOn: @Sendable () -> Bool = { true }
    ) async throws -> RetentionReport {
        var report = RetentionReport()
        try await pruneEvents(plan, actor: actor, now: now, into: &report, goesOn)
        report.callsClosed = try await repeating(&report, goesOn) {
            try await write { db in
                try db.closeBooks(before: now - plan.booksKept, actor: actor, policy: plan.policy, now: now)
            }
        }
        try await forgetInvocations(plan, actor: actor, now: now, into: &report, goesOn)
        if let cutoff = plan.auditLogs.map({ now - $0 }) {
            report.auditBodies = try await repeating(&report, goesOn) {
                try await eraseAudit(
                    bodiesBefore: cutoff, policy: "\(plan.policy): audit_logs", actor: actor, now: now)?.bodies ?? 0
            }
        }
        for (table, hour) in [
            ("usage_rollups", plan.rollUpHour(now: now)), ("root_usage", plan.rootUsageHour(now: now)),
        ] {
            guard let hour, try await read({ try $0.hasRollUps(table, before: hour) }) else { continue }
            try await write { try $0.markRollUps(table, deletedBefore: hour) }
        }
        for sweep in RetentionSweep.all(plan, now: now) {
            report[keyPath: sweep.count] += try await repeating(&report, goesOn) {
                try await write { db in try db.changes(sweep.delete, sweep.arguments) }
            }
        }
        if looksAtFiles || report.eventsDeleted + report.eventsErased > 0 {
            report.bodyFiles = try await sweepBodies(goesOn, &report)
        }
        return report
    }

    /// Counts what `prune` would take, without writing.
    package func prunable(_ plan: RetentionPlan, now: Timestamp) async throws -> RetentionReport {
        var report = RetentionReport()
        var cursor: RetentionCursor? = .start
        while let from = cursor {
            let page = try await scan { db in try db.retirable(before: now - plan.rawMessages, from: from) }
            report.eventsDeleted += page.events.count { !$0.hasInvocations }
            report.eventsErased += page.events.count(where: \.hasInvocations)
            cursor = page.next
        }
        if let cutoff = plan.auditLogs.map({ now - $0 }) { report.auditBodies = try await auditBodies(before: cutoff) }
        var entry: Int64? = 0
        while let from = entry {
            let page = try await scan { db in try db.closableCalls(before: now - plan.booksKept, after: from) }
            report.callsClosed += page.calls
            entry = page.next
        }
        cursor = .start
        while let from = cursor {
            let page = try await scan { db in try db.forgettable(before: now - plan.booksKept, from: from) }
            report.invocations += page.events.reduce(0) { $0 + $1.invocations }
            cursor = page.next
        }
        for sweep in RetentionSweep.all(plan, now: now) {
            report[keyPath: sweep.count] += try await scan { db in
                try db.value(sweep.select, sweep.arguments, as: Int.self) ?? 0
            }
        }
        return report
    }

    /// Runs batches until one finds nothing.
    private func repeating(
        _ report: inout RetentionReport, _ goesOn: () -> Bool, _ batch: () async throws -> Int
    ) async throws -> Int {
        var total = 0
        for _ in 0..<Self.batchesPerStep {
            guard goesOn() else {
                report.isComplete = false
                return total
            }
            let count = try await batch()
            if count == 0 { return total }
            total += count
            await Task.yield()
        }
        report.isComplete = false
        return total
    }

    /// Takes one page after the other until there are no more.
    ///
    /// - Parameter take: returns where the next page begins; nil at the end.
    private func paging(
        _ report: inout RetentionReport, _ goesOn: () -> Bool,
        _ take: (RetentionCursor, inout RetentionReport) async throws -> RetentionCursor?
    ) async throws {
        var cursor: RetentionCursor? = .start
        while let from = cursor {
            guard goesOn() else {
                report.isComplete = false
                return
            }
            cursor = try await take(from, &report)
            await Task.yield()
        }
    }

    private func pruneEvents(
        _ plan: RetentionPlan, actor: String, now: Timestamp, into report: inout RetentionReport, _ goesOn: () -> Bool
    ) async throws {
        try await paging(&report, goesOn) { from, report in
            let done = try await write { db in
                let page = try db.retirable(before: now - plan.rawMessages, from: from)
                let retired = try db.retire(page.events, plan, actor: actor, now: now)
                return (next: page.next, deleted: retired.deleted, erased: retired.erased)
            }
            report.eventsDeleted += done.deleted
            report.eventsErased += done.erased
            return done.next
        }
    }

    private func forgetInvocations(
        _ plan: RetentionPlan, actor: String, now: Timestamp, into report: inout RetentionReport, _ goesOn: () -> Bool
    ) async throws {
        try await paging(&report, goesOn) { from, report in
            let done = try await write { db in
                let page = try db.forgettable(before: now - plan.booksKept, from: from)
                return (next: page.next, count: try db.forget(page.events, plan, actor: actor, now: now))
            }
            report.invocations += done.count
            return done.next
        }
    }

    private func auditBodies(before cutoff: Timestamp) async throws -> Int {
        let window: Int64 = 20_000
        let last = try await auditHead()
        var (low, total): (Int64, Int) = (0, 0)
        while low < last {
            let from = low
            let found = try await scan { db in
                try db.value(
                    """
                    SELECT count(*) FROM audit a JOIN audit_bodies b ON b.seq = a.seq
                    WHERE a.seq > ? AND a.seq <= ? AND a.at < ? AND a.kind <> 'audit.erased'
                    """, [from, from.addingSaturated(window), cutoff], as: Int.self) ?? 0
            }
            (low, total) = (low.addingSaturated(window), total + found)
        }
        return total
    }
}
