extension CronSchedule {
    /// False if no calendar has such a date: 30 February, 31 April.
    package var isEverDue: Bool { nextWall(after: 0, limit: 1970 + Self.horizonYears) != nil }
}
