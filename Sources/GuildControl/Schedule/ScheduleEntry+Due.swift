import GuildCodex
package import GuildDomain
package import GuildLedger

extension ScheduleEntry {
    /// The due work of a schedule at an instant. Pure: every caller gets the same answer.
    package struct Due: Sendable, Hashable {
        /// Missed, and caught up with; in order, before `onTime`.
        package var caughtUp: [Timestamp] = []
        /// Due times whose firing time is now, or was within `grace`.
        package var onTime: [Timestamp] = []
        /// Occurrences that do not fire.
        package var missed: [MissedFirings] = []
        /// Up to when the schedule is dealt with once this is done; nil if nothing was due.
        package var seenUntil: Timestamp?

        /// Every due time that fires, in order.
        package var times: [Timestamp] { caughtUp + onTime }
    }

    /// A due time this recent is not missed, only late.
    package static let grace = Duration.seconds(60)
    /// Due times that one catch-up fires at most, the latest ones.
    package static let catchUpLimit = 10_000
    private static let instant = Duration.microseconds(1)

    /// The due times in (`since`, `now`] that fire: those on time, and of those missed within the catch-up window the
    /// ones that the policy selects.
    ///
    /// - Parameter allowance: how many missed runs the agent's budget has room for.
    package func due(after since: Timestamp, now: Timestamp, allowance: Int = .max) -> Due {
        guard let first = next(after: since), first <= now else { return Due() }
        // At most one due time still waits to fire, and it is the latest.
        var horizon = now
        if plan.cron.jitter > .zero {
            let from = max(since, now - plan.cron.jitter - Self.instant)
            if let latest = last(after: from, until: now), turn(of: latest) > now { horizon = latest - Self.instant }
            guard first <= horizon else { return Due() }
        }
        let late = now - Self.grace - Self.instant
        let onTime = onTime(after: max(since, late - plan.cron.jitter), until: horizon).filter { turn(of: $0) > late }
        var due = Due(onTime: onTime, seenUntil: horizon)
        let end = onTime.first.map { $0 - Self.instant } ?? horizon
        catchUp(since, until: end, now: now, allowance: allowance, into: &due)
        return due
    }

    /// How many due times in (`since`, `now`] were missed and would be caught up with: more than one asks for the budget.
    package func wantsAllowance(after since: Timestamp, now: Timestamp) -> Bool {
        guard plan.cron.catchUp.policy == .runAll else { return false }
        let from = max(since, now - plan.cron.catchUp.window - Self.instant)
        return next(after: from).map { turn(of: $0) <= now - Self.grace - Self.instant } ?? false
    }

    private func onTime(after start: Timestamp, until end: Timestamp) -> [Timestamp] {
        // Every second of grace and jitter at the most: jitter is shorter than the gap between due times.
        times(after: start, until: end, limit: Self.catchUpLimit)
    }

    private func catchUp(_ since: Timestamp, until end: Timestamp, now: Timestamp, allowance: Int, into due: inout Due)
    {
        guard let first = next(after: since), first <= end else { return }
        let earliest = max(since, now - plan.cron.catchUp.window - Self.instant)
        func pass(_ from: Timestamp, _ until: Timestamp, _ reason: MissedReason) {
            if let missed = missed(after: from, until: until, reason) { due.missed.append(missed) }
        }
        pass(since, min(earliest, end), .window)
        switch plan.cron.catchUp.policy {
        case .skip: pass(earliest, end, .skip)
        case .runOnce:
            let newest = due.onTime.isEmpty ? last(after: earliest, until: end) : nil
            pass(earliest, newest.map { $0 - Self.instant } ?? end, .runOnce)
            due.caughtUp = newest.map { [$0] } ?? []
        case .runAll:
            let limit = min(max(0, allowance), Self.catchUpLimit)
            due.caughtUp = latest(limit, after: earliest, until: end)
            let until = due.caughtUp.first.map { $0 - Self.instant } ?? end
            pass(earliest, until, limit < Self.catchUpLimit ? .budget : .limit)
        }
    }

    /// The latest due times in (`start`, `end`], in order.
    private func latest(_ limit: Int, after start: Timestamp, until end: Timestamp) -> [Timestamp] {
        guard limit > 0 else { return [] }
        let all = times(after: start, until: end, limit: limit + 1)
        guard all.count > limit else { return all }
        // The least start from which there are no more than wanted.
        var low = start.seconds
        var high = end.seconds
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if times(after: Timestamp(seconds: middle), until: end, limit: limit + 1).count > limit {
                low = middle
            } else {
                high = middle
            }
        }
        return times(after: Timestamp(seconds: high), until: end, limit: limit)
    }

    /// The due times in (`start`, `end`] as one range; nil if there are none.
    package func missed(after start: Timestamp, until end: Timestamp, _ reason: MissedReason) -> MissedFirings? {
        guard start < end else { return nil }
        let some = times(after: start, until: end, limit: MissedFirings.countLimit)
        guard let first = some.first, let final = some.last else { return nil }
        let latest = some.count < MissedFirings.countLimit ? final : last(after: start, until: end) ?? final
        return MissedFirings(schedule: id, first: first, last: latest, count: some.count, reason: reason)
    }
}
