package import GuildCodex
package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle

/// Fires the cron triggers of the head: each due time exactly once, regardless of restarts.
///
///     timetable's top ──▶ due times after its mark ──▶ catch-up policy ──▶ one transaction: paused? an earlier run?
///     firing, event, message, mark ──▶ back into the timetable ──▶ sleep to the next firing time
///
/// There may be several schedulers; only one of them fires a due time. The ledger decides, row by row; the timetable in
/// memory only says when to look.
package struct Scheduler: Service {
    /// Firings of one transaction.
    private static let firingsPerStep = 64
    /// A clock that was set is noticed within this.
    private static let recheck = Duration.seconds(30)

    /// The schedules of the head; nil if the head is still the commit that the caller names.
    package typealias Book = @Sendable (_ known: String?) -> (commit: String, entries: [ScheduleEntry])?

    private let schedules: ScheduleLedger
    private let budgets: BudgetLedger
    private let book: Book
    private let budget: CatchUpBudget?
    private let time: any TimeSource
    private let logger: Logger

    package init(
        schedules: ScheduleLedger, budgets: BudgetLedger, codex: CurrentCodex, time: any TimeSource, logger: Logger
    ) {
        self.init(
            schedules: schedules, budgets: budgets, allowing: CatchUpBudget(schedules: schedules, codex: codex),
            time: time, logger: logger
        ) { known in
            let head = codex.head
            return head.commit == known ? nil : (head.commit, ScheduleEntry.all(in: head))
        }
    }

    /// - Parameter budget: limits the runs that `run_all` catches up on; nil does not.
    package init(
        schedules: ScheduleLedger, budgets: BudgetLedger, allowing budget: CatchUpBudget? = nil, time: any TimeSource,
        logger: Logger, book: @escaping Book
    ) {
        self.schedules = schedules
        self.budgets = budgets
        self.book = book
        self.budget = budget
        self.time = time
        self.logger = logger
    }

    package func run() async throws {
        let changed = schedules.changes
        let runEnds = schedules.runEnds
        var table = Timetable()
        while !Task.isCancelled {
            let seen = (changed.generation, runEnds.generation)
            try await fireDue(&table)
            let deadline = min(table.nextTurn ?? .init(microseconds: .max), time.now + Self.recheck)
            guard table.waitsForRuns else {
                await changed.wait(after: seen.0, until: deadline, time: time)
                continue
            }
            // A buffered firing may wait for the end of a run.
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await changed.wait(after: seen.0, until: deadline, time: time) }
                group.addTask { await runEnds.wait(after: seen.1) }
                await group.next()
                group.cancelAll()
            }
        }
    }

    /// Fires everything that is due now.
    ///
    /// - Returns: the firing time of the next schedule.
    package func fireDue() async throws -> Timestamp? {
        var table = Timetable()
        try await fireDue(&table)
        return table.nextTurn
    }

    /// Fires everything that is due now, and leaves the timetable at the next due time.
    func fireDue(_ table: inout Timetable) async throws {
        let now = time.now
        let isNew = try await refresh(&table, now: now)
        // Firings that waited under another head still wait, whether or not this one buffers any.
        if isNew || table.waitsForRuns { try await releaseBuffered(&table, now: now) }
        var steps: [ScheduleStep] = []
        var taken: [(index: Int, mark: Timestamp)] = []
        var held: [(index: Int, mark: Timestamp)] = []
        var firings = 0
        guard table.nextTurn.map({ $0 <= now }) ?? false else {
            table.lookedAt = now
            return
        }
        let alerts = try await budgets.alertLevels(now: now)
        while let (index, entry, mark) = table.popDue(by: now) {
            // A red alert pauses it: its mark stays, so that its catch-up policy decides about missed occurrences.
            guard alerts.level(agent: entry.agent, chapter: entry.chapter).admitsSchedules else {
                held.append((index, mark))
                continue
            }
            let due = try await due(entry, after: mark, now: now)
            let seenUntil = due.seenUntil ?? mark
            for step in Self.steps(of: due, for: entry, seenUntil: seenUntil) {
                steps.append(step)
                firings += max(1, step.firings.count)
                guard firings >= Self.firingsPerStep else { continue }
                try await take(steps, table.commit, now: now)
                steps = []
                firings = 0
            }
            taken.append((index, seenUntil))
        }
        if !steps.isEmpty { try await take(steps, table.commit, now: now) }
        for (index, mark) in taken { table.put(index, mark: mark) }
        for (index, mark) in held { table.put(index, mark: mark, notBefore: now + Self.recheck) }
        table.lookedAt = now
    }

    /// Loads a new head, and starts over if the clock was set back.
    ///
    /// - Returns: whether it did.
    private func refresh(_ table: inout Timetable, now: Timestamp) async throws -> Bool {
        let wasSetBack = table.lookedAt.map { now < $0 - ScheduleEntry.grace } ?? true
        let head = book(wasSetBack ? nil : table.commit)
        guard let head else { return false }
        if wasSetBack {
            try await schedules.rewind(markedAfter: now + ScheduleEntry.grace, to: now - ScheduleEntry.grace)
        }
        var seen = try await schedules.seen()
        let new = head.entries.map(\.id).filter { seen[$0] == nil }
        if !new.isEmpty {
            try await schedules.enlist(schedules: new, since: now)
            seen = try await schedules.seen()
        }
        if wasSetBack { table = Timetable() }
        table.load(head.entries, commit: head.commit, marks: seen, now: now)
        logger.debug("timetable", metadata: ["schedules": "\(head.entries.count)", "commit": "\(head.commit)"])
        return true
    }

    private func due(_ entry: ScheduleEntry, after mark: Timestamp, now: Timestamp) async throws -> ScheduleEntry.Due {
        guard let budget, entry.wantsAllowance(after: mark, now: now) else { return entry.due(after: mark, now: now) }
        let allowance = try await budget.allowance(of: entry, since: mark, now: now)
        return entry.due(after: mark, now: now, allowance: allowance)
    }

    /// The work in pieces of one transaction each, every one with the mark that holds after it.
    private static func steps(
        of due: ScheduleEntry.Due, for entry: ScheduleEntry, seenUntil: Timestamp
    ) -> [ScheduleStep] {
        let requests =
            due.caughtUp.map { FiringRequest(entry, dueAt: $0, kind: .catchUp) }
            + due.onTime.map { FiringRequest(entry, dueAt: $0, kind: .due) }
        guard requests.count > firingsPerStep else {
            return [ScheduleStep(schedule: entry.id, missed: due.missed, firings: requests, seenUntil: seenUntil)]
        }
        return stride(from: 0, to: requests.count, by: firingsPerStep).map { start in
            let some = Array(requests[start..<min(start + firingsPerStep, requests.count)])
            let isLast = start + firingsPerStep >= requests.count
            return ScheduleStep(
                schedule: entry.id, missed: start == 0 ? due.missed : [], firings: some,
                seenUntil: isLast ? seenUntil : some.last?.dueAt ?? seenUntil)
        }
    }

    private func take(_ steps: [ScheduleStep], _ commit: String?, now: Timestamp) async throws {
        let outcomes = try await schedules.take(steps, commit: commit ?? "", now: now)
        for (request, outcome) in zip(steps.flatMap(\.firings), outcomes) { log(request, outcome) }
    }

    /// Fires buffered occurrences whose run has ended.
    private func releaseBuffered(_ table: inout Timetable, now: Timestamp) async throws {
        guard let commit = table.commit else { return }
        let waiting = try await schedules.buffered()
        let ids = Set(waiting.map(\.schedule))
        let entries = Dictionary(table.entries.filter { ids.contains($0.id) }.map { ($0.id, $0) }) { first, _ in first }
        for firing in waiting {
            guard let entry = entries[firing.schedule] else {
                try await schedules.dropBuffered(firing, commit: commit, now: now)
                continue
            }
            var request = FiringRequest(entry, dueAt: firing.dueAt, kind: .buffered)
            request.turnAt = now
            log(request, try await schedules.releaseBuffered(request, commit: commit, now: now))
        }
        table.holdsBuffered = try await schedules.hasBuffered()
    }

    private func log(_ request: FiringRequest, _ outcome: FiringOutcome) {
        let told: String
        switch outcome {
        case .fired: told = "schedule fired"
        case .paused: told = "schedule paused"
        case .overlapping: told = "schedule skipped: an earlier run is still active"
        case .buffered: told = "schedule waits for an earlier run to end"
        case .already: return
        }
        logger.info(
            "\(told)",
            metadata: [
                "schedule": "\(request.schedule)", "due": "\(request.dueAt.rfc3339)",
                "kind": "\(request.kind.rawValue)",
            ])
    }
}
