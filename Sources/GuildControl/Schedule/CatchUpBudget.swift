import Foundation
package import GuildCodex
package import GuildDomain
package import GuildLedger

/// How many missed runs an agent's token budgets have room for.
///
/// A run is assumed to cost the mean of the agent's latest ones, or its `perInvocation` limit if it never ran. Runs
/// that are queued, in progress, or fired but undecided count as spent.
package struct CatchUpBudget: Sendable {
    private let schedules: ScheduleLedger
    private let codex: CurrentCodex

    package init(schedules: ScheduleLedger, codex: CurrentCodex) {
        self.schedules = schedules
        self.codex = codex
    }

    /// - Parameter since: the schedule's mark.
    /// - Returns: `Int.max` for an agent without a limit on an hour, a day or a month.
    package func allowance(of entry: ScheduleEntry, since: Timestamp, now: Timestamp) async throws -> Int {
        let head = codex.head
        guard let agent = head.agent(entry.agent) else { return 0 }
        let limits = head.limits(of: agent)
        let zone = Zones.named(head.guild.timezone) ?? .gmt
        let periods: [(limit: Int64?, start: Timestamp)] = [
            (limits.perHour.value, now - .seconds(3600)),
            (limits.perDay.value, Self.start(of: .day, at: now, zone)),
            (limits.perMonth.value, Self.start(of: .month, at: now, zone)),
        ]
        guard periods.contains(where: { $0.limit != nil }) else { return .max }
        let mean = try await schedules.meanTokens(of: agent.name)?.tokens ?? limits.perInvocation.value
        let each = max(1, mean)
        var room = Int64.max
        for case (let limit?, let start) in periods {
            room = min(room, limit - (try await schedules.tokensUsed(by: agent.name, since: start)))
        }
        let pending = try await schedules.pendingRuns(
            of: agent.name, schedule: entry.id, since: since - entry.cron.catchUp.window)
        return Int(clamping: max(0, room / each - pending))
    }

    /// The start of the calendar period in the organisation's zone; an hour's rounding by the roll-ups errs high.
    private static func start(of unit: Calendar.Component, at now: Timestamp, _ zone: TimeZone) -> Timestamp {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let date = Date(timeIntervalSince1970: Double(now.seconds))
        let start = calendar.dateInterval(of: unit, for: date)?.start.timeIntervalSince1970
        return start.flatMap { Int64(exactly: $0.rounded()) }.map { Timestamp(seconds: $0) } ?? now
    }
}
