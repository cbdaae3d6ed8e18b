package import GuildDomain

/// Why a due time fires.
package enum FiringKind: String, Sendable, CaseIterable {
    /// Its time has come.
    case due
    /// It was missed, and the catch-up policy wants it.
    case catchUp = "catch_up"
    /// It waited for an earlier run to end.
    case buffered
    /// A person fired the schedule now.
    case trigger
    /// A person had the past fired.
    case backfill

    /// A person's request is not held back by a pause, an overlap or the schedule's mark.
    var isAskedFor: Bool { self == .trigger || self == .backfill }
}

/// One due time of one schedule that is to fire.
package struct FiringRequest: Sendable {
    package var schedule: String
    /// The due time, without jitter.
    package var dueAt: Timestamp
    package var kind: FiringKind
    /// The treatment of the firing if an earlier run is still active.
    package var overlap: OverlapPolicy
    /// The firing time: the due time and its jitter.
    package var turnAt: Timestamp
    /// The names by which a pause may cover it: agent, schedule, one person's schedule.
    package var pauseTargets: [String]
    /// The event that the firing accepts.
    package var event: Event
    /// The person or component that fires it: an audit actor.
    package var actor: String

    package init(
        schedule: String, dueAt: Timestamp, kind: FiringKind = .due, overlap: OverlapPolicy = .allow,
        turnAt: Timestamp? = nil, pauseTargets: [String] = [], event: Event, actor: String = "scheduler"
    ) {
        self.schedule = schedule
        self.dueAt = dueAt
        self.kind = kind
        self.overlap = overlap
        self.turnAt = turnAt ?? dueAt
        self.pauseTargets = pauseTargets
        self.event = event
        self.actor = actor
    }
}

/// The result of a firing.
package enum FiringOutcome: Sendable, Hashable {
    case fired
    /// Somebody has dealt with this due time before; nothing was written.
    case already
    /// The schedule is paused.
    case paused
    /// An earlier run is still going.
    case overlapping
    /// It waits until the earlier run has ended.
    case buffered
}

/// Due times of one schedule, side by side, that did not fire for one reason.
package struct MissedFirings: Sendable, Hashable {
    package var schedule: String
    /// The earliest of the due times.
    package var first: Timestamp
    /// The latest of the due times.
    package var last: Timestamp
    /// A minimum if it is `countLimit`.
    package var count: Int
    /// The reason why they did not fire.
    package var reason: MissedReason

    /// Counted no further.
    package static let countLimit = 1000

    package init(schedule: String, first: Timestamp, last: Timestamp, count: Int, reason: MissedReason) {
        self.schedule = schedule
        self.first = first
        self.last = last
        self.count = count
        self.reason = reason
    }
}

/// Everything there is to do for one schedule up to an instant.
package struct ScheduleStep: Sendable {
    package var schedule: String
    /// The due times that do not fire.
    package var missed: [MissedFirings]
    /// In the order of their due times.
    package var firings: [FiringRequest]
    /// Up to here the schedule is dealt with, once this is written.
    package var seenUntil: Timestamp

    package init(schedule: String, missed: [MissedFirings], firings: [FiringRequest], seenUntil: Timestamp) {
        self.schedule = schedule
        self.missed = missed
        self.firings = firings
        self.seenUntil = seenUntil
    }
}

/// A firing as it is recorded.
package struct Firing: Sendable, Hashable {
    /// How far back a person may fire past occurrences: retention keeps the firings of that time, which show what has
    /// fired.
    package static let backfillReach = Duration.seconds(31 * 86_400)

    package let schedule: String
    package let dueAt: Timestamp
    package let event: EventID
    package let kind: FiringKind
    /// When it was fired.
    package let at: Timestamp
}
