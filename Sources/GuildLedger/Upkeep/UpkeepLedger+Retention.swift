package import GuildDomain

extension UpkeepLedger {
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
        do {
            report.callsClosed = try await repeating(&report, goesOn) {
                try await ledger.write { db in
                    try db.closing.closeBooks(before: now - plan.booksKept, actor: actor, policy: plan.policy, now: now)
                }
            }
        } catch let fault as RowFault {
            // Books with a damaged account stay open; the rest of the house is kept all the same.
            ledger.damage.add([fault])
            report.isComplete = false
        }
        try await forgetInvocations(plan, actor: actor, now: now, into: &report, goesOn)
        if let cutoff = plan.auditLogs.map({ now - $0 }) {
            report.auditBodies = try await repeating(&report, goesOn) {
                try await ledger.audit.eraseBodies(
                    bodiesBefore: cutoff, policy: "\(plan.policy): audit_logs", actor: actor, now: now)?.bodies ?? 0
            }
        }
        for (table, hour) in [
            ("usage_rollups", plan.rollUpHour(now: now)), ("root_usage", plan.rootUsageHour(now: now)),
        ] {
            guard let hour, try await ledger.read({ try $0.retention.hasRollUps(table, before: hour) }) else {
                continue
            }
            try await ledger.write { try $0.retention.markRollUps(table, deletedBefore: hour) }
        }
        for sweep in RetentionSweep.all(plan, now: now) {
            report[keyPath: sweep.count] += try await repeating(&report, goesOn) {
                try await ledger.write { db in try db.changes(sweep.delete, sweep.arguments) }
            }
        }
        if looksAtFiles || report.eventsDeleted + report.eventsErased > 0 {
            report.bodyFiles = try await sweepBodies(goesOn, &report)
        }
        return report
    }

    /// Counts what `prune` would delete, without writing.
    package func prunable(_ plan: RetentionPlan, now: Timestamp) async throws -> RetentionReport {
        var report = RetentionReport()
        var cursor: RetentionCursor? = .start
        while let from = cursor {
            let page = try await ledger.scan { db in
                try db.retention.retirable(before: now - plan.rawMessages, from: from)
            }
            report.eventsDeleted += page.events.count { !$0.hasInvocations }
            report.eventsErased += page.events.count(where: \.hasInvocations)
            cursor = page.next
        }
        if let cutoff = plan.auditLogs.map({ now - $0 }) { report.auditBodies = try await auditBodies(before: cutoff) }
        var entry: Int64? = 0
        while let from = entry {
            let page = try await ledger.scan { db in
                try db.closing.closableCalls(before: now - plan.booksKept, after: from)
            }
            report.callsClosed += page.calls
            entry = page.next
        }
        cursor = .start
        while let from = cursor {
            let page = try await ledger.scan { db in
                try db.retention.forgettable(before: now - plan.booksKept, from: from)
            }
            report.invocations += page.events.reduce(0) { $0 + $1.invocations }
            cursor = page.next
        }
        for sweep in RetentionSweep.all(plan, now: now) {
            report[keyPath: sweep.count] += try await ledger.scan { db in
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
            let done = try await ledger.write { db in
                let page = try db.retention.retirable(before: now - plan.rawMessages, from: from)
                let retired = try db.retention.retire(page.events, plan, actor: actor, now: now)
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
            let done = try await ledger.write { db in
                let page = try db.retention.forgettable(before: now - plan.booksKept, from: from)
                return (next: page.next, count: try db.retention.forget(page.events, plan, actor: actor, now: now))
            }
            report.invocations += done.count
            return done.next
        }
    }

    private func auditBodies(before cutoff: Timestamp) async throws -> Int {
        let window: Int64 = 20_000
        let last = try await ledger.audit.head()
        var low: Int64 = 0
        var total = 0
        while low < last {
            let from = low
            let found = try await ledger.scan { db in
                try db.value(
                    """
                    SELECT count(*) FROM audit a JOIN audit_bodies b ON b.seq = a.seq
                    WHERE a.seq > ? AND a.seq <= ? AND a.at < ? AND a.kind <> 'audit.erased'
                    """, [from, from.addingSaturated(window), cutoff], as: Int.self) ?? 0
            }
            low = low.addingSaturated(window)
            total += found
        }
        return total
    }
}
