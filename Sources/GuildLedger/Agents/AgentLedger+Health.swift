package import GuildDomain

extension AgentLedger {
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
            let read = try await ledger.read { db in
                let pauses = try db.agents.pauses(now: now)
                return try names.map { name in
                    var health = try db.agents.health(of: name, sample: sample, now: now)
                    health.pause = pauses[name]
                    return health
                }
            }
            for one in read { health[one.agent] = one }
        }
        return health
    }

    /// The facts that determine the agents' status, by their names: a few steps down an index for each.
    package func standings(of agents: [String], now: Timestamp) async throws -> [String: AgentStanding] {
        var standings: [String: AgentStanding] = [:]
        for start in stride(from: 0, to: agents.count, by: Self.standingsARead) {
            let names = Array(agents[start..<min(start + Self.standingsARead, agents.count)])
            let read = try await ledger.read { db in
                let pauses = try db.agents.pauses(now: now)
                return try names.map {
                    (name: $0, standing: try db.agents.standing(of: $0, isPaused: pauses[$0] != nil))
                }
            }
            for one in read { standings[one.name] = one.standing }
        }
        return standings
    }
}

extension AgentStatements {
    fileprivate func standing(of agent: String, isPaused: Bool) throws -> AgentStanding {
        var standing = AgentStanding()
        standing.isPaused = isPaused
        let outcomes: [InvocationState] = try db.listed(
            """
            SELECT state FROM invocations INDEXED BY invocations_ended
            WHERE agent = ? AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT \(AgentLedger.standingOutcomes)
            """, [agent])
        standing.consecutiveFailures = outcomes.prefix { $0 == .failed }.count
        standing.hasUnfinished =
            try db.holds(
                """
                SELECT EXISTS (SELECT 1 FROM invocations INDEXED BY invocations_unfinished
                    WHERE agent = ? AND ended_at IS NULL)
                """, [agent])
        return standing
    }

    /// Each row is read once, by an index that gives the newest first.
    fileprivate func health(of agent: String, sample: Int, now: Timestamp) throws -> AgentHealth {
        var health = AgentHealth(agent: agent)
        _ = try db.list(
            "SELECT id, started_at FROM invocations WHERE agent = ? ORDER BY seq DESC LIMIT 1", [agent]
        ) { row in
            health.lastInvocation = try row[0]
            health.lastStartedAt = try row[1]
        }
        guard health.lastInvocation != nil else { return health }
        let since = now - AgentHealth.window
        var times: [Int64] = []
        var hasSucceeded = false
        _ = try db.list(
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
        _ = try db.list(
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
