package import GuildDomain

/// How an agent is doing: what it has in hand, what came of its last day, and whether somebody has paused it.
package struct AgentHealth: Sendable, Hashable {
    /// Over what the figures of a day are taken.
    package static let window = Duration.seconds(86_400)
    /// Invocations of one agent that are looked at, of those that have ended and of those that have not; of a busier
    /// one the newest count.
    package static let sample = 1000

    package let agent: String
    /// Those that have not ended.
    package var byState: [String: Int] = [:]
    package var lastInvocation: InvocationID?
    package var lastStartedAt: Timestamp?
    package var lastEndedAt: Timestamp?
    /// The state of the last invocation that has ended.
    package var lastState: String?
    package var consecutiveFailures = 0
    /// Invocations that ended within the window, and those of them that failed.
    package var ended = 0
    package var failed = 0
    /// From the start to the end of those that ended, in milliseconds: the nearest rank of half and of 95 percent.
    package var medianMilliseconds: Int64?
    package var percentile95Milliseconds: Int64?
    /// Of invocations made within the window, all classes together.
    package var tokens: Int64 = 0
    package var costMicrodollars: Int64 = 0
    package var pause: AgentPause?

    package init(agent: String) { self.agent = agent }

    /// From 0 to 1; nil where nothing ended.
    package var errorRate: Double? { ended == 0 ? nil : Double(failed) / Double(ended) }
}

/// What an agent's status follows from.
package struct AgentStanding: Sendable, Hashable {
    package var isPaused = false
    package var hasUnfinished = false
    /// Of those that ended last, no further than to `Ledger.standingOutcomes`.
    package var consecutiveFailures = 0

    package init() {}
}

extension Ledger {
    /// Agents asked about in one read, so that no read holds up a checkpoint for long.
    private static let agentsARead = 10
    private static let standingsARead = 100
    /// Outcomes that a standing looks at.
    package static let standingOutcomes = 3

    /// How the agents are doing, by their names; one that has never run is there too.
    ///
    /// - Parameter sample: as `AgentHealth.sample`, for less.
    package func health(
        of agents: [String], sample: Int = AgentHealth.sample, now: Timestamp
    ) async throws -> [String: AgentHealth] {
        var health: [String: AgentHealth] = [:]
        for start in stride(from: 0, to: agents.count, by: Self.agentsARead) {
            let names = Array(agents[start..<min(start + Self.agentsARead, agents.count)])
            let read = try await read { db in
                let pauses = try db.pauses(now: now)
                return try names.map { name in
                    var health = try db.health(of: name, sample: sample, now: now)
                    health.pause = pauses[name]
                    return health
                }
            }
            for one in read { health[one.agent] = one }
        }
        return health
    }

    /// What the agents' status follows from, by their names: a few steps down an index for each.
    package func standings(of agents: [String], now: Timestamp) async throws -> [String: AgentStanding] {
        var standings: [String: AgentStanding] = [:]
        for start in stride(from: 0, to: agents.count, by: Self.standingsARead) {
            let names = Array(agents[start..<min(start + Self.standingsARead, agents.count)])
            let read = try await read { db in
                let pauses = try db.pauses(now: now)
                return try names.map { (name: $0, standing: try db.standing(of: $0, isPaused: pauses[$0] != nil)) }
            }
            for one in read { standings[one.name] = one.standing }
        }
        return standings
    }
}

extension LedgerTransaction {
    fileprivate func standing(of agent: String, isPaused: Bool) throws -> AgentStanding {
        var standing = AgentStanding()
        standing.isPaused = isPaused
        let outcomes: [InvocationState] = try column(
            """
            SELECT state FROM invocations INDEXED BY invocations_ended
            WHERE agent = ? AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT \(Ledger.standingOutcomes)
            """, [agent])
        standing.consecutiveFailures = outcomes.prefix { $0 == .failed }.count
        standing.hasUnfinished =
            try holds(
                """
                SELECT EXISTS (SELECT 1 FROM invocations INDEXED BY invocations_unfinished
                    WHERE agent = ? AND ended_at IS NULL)
                """, [agent])
        return standing
    }

    /// Each row is read once, by an index that gives the newest first.
    fileprivate func health(of agent: String, sample: Int, now: Timestamp) throws -> AgentHealth {
        var health = AgentHealth(agent: agent)
        _ = try first(
            "SELECT id, started_at FROM invocations WHERE agent = ? ORDER BY seq DESC LIMIT 1", [agent]
        ) { row in
            health.lastInvocation = try row[0]
            health.lastStartedAt = try row[1]
        }
        guard health.lastInvocation != nil else { return health }
        let since = now - AgentHealth.window
        var times: [Int64] = []
        var hasSucceeded = false
        try each(
            """
            SELECT \(Self.healthColumns) FROM invocations INDEXED BY invocations_ended
            WHERE agent = ? AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT ?
            """, [agent, sample]
        ) { row in
            try health.count(row, since: since)
            let state: String = try row[0]
            let endedAt: Timestamp = try row[5]
            if health.lastState == nil {
                health.lastState = state
                health.lastEndedAt = endedAt
            }
            if state != "failed" { hasSucceeded = true }
            if !hasSucceeded { health.consecutiveFailures += 1 }
            guard endedAt >= since else { return }
            health.ended += 1
            if state == "failed" { health.failed += 1 }
            if let startedAt: Timestamp = try row[4] { times.append((endedAt - startedAt).microseconds / 1000) }
        }
        try each(
            """
            SELECT \(Self.healthColumns) FROM invocations INDEXED BY invocations_unfinished
            WHERE agent = ? AND ended_at IS NULL ORDER BY seq DESC LIMIT ?
            """, [agent, sample]
        ) { row in
            try health.count(row, since: since)
            try health.byState[row[0], default: 0] += 1
        }
        times.sort()
        health.medianMilliseconds = times.nearestRank(50)
        health.percentile95Milliseconds = times.nearestRank(95)
        return health
    }

    private static let healthColumns = """
        state, created_at, input + cache_read + cache_write + output + reasoning, cost, started_at, ended_at
        """
}

extension AgentHealth {
    fileprivate mutating func count(_ row: LedgerRow, since: Timestamp) throws {
        guard try row[1] as Timestamp >= since else { return }
        tokens = try tokens.addingSaturated(row[2])
        costMicrodollars = try costMicrodollars.addingSaturated(row[3])
    }
}

extension [Int64] {
    /// The value at `percent` of a sorted list; nil of an empty one.
    fileprivate func nearestRank(_ percent: Int) -> Int64? {
        isEmpty ? nil : self[Swift.max(0, (count * percent + 99) / 100 - 1)]
    }
}
