import GRDB
package import GuildDomain

/// How an agent is doing: what it has in hand, what came of its last day, and whether somebody has paused it.
package struct AgentHealth: Sendable, Hashable {
    /// Over what the figures of a day are taken.
    package static let window = Duration.seconds(86_400)
    /// Invocations of one agent that are looked at; of a busier one the newest count.
    package static let sample = 1000

    package let agent: String
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

extension Ledger {
    /// Agents asked about in one read.
    private static let agentsARead = 100

    /// How the agents are doing, by their names; one that has never run is there too.
    package func health(of agents: [String], now: Timestamp) async throws -> [String: AgentHealth] {
        var health: [String: AgentHealth] = [:]
        for start in stride(from: 0, to: agents.count, by: Self.agentsARead) {
            let names = Array(agents[start..<min(start + Self.agentsARead, agents.count)])
            let read = try await read { db in
                let pauses = try db.pauses(now: now)
                return try names.map { name in
                    var health = try db.health(of: name, now: now)
                    health.pause = pauses[name]
                    return health
                }
            }
            for one in read { health[one.agent] = one }
        }
        return health
    }
}

extension Database {
    /// The newest invocations of an agent; the index on agent and seq gives them in this order.
    private static let newest = """
        WITH newest AS (SELECT * FROM invocations WHERE agent = ? ORDER BY seq DESC LIMIT \(AgentHealth.sample))
        """

    fileprivate func health(of agent: String, now: Timestamp) throws -> AgentHealth {
        var health = AgentHealth(agent: agent)
        let since = now - AgentHealth.window
        let last = try Row.fetchOne(
            self, sql: "SELECT id, started_at FROM invocations WHERE agent = ? ORDER BY seq DESC LIMIT 1",
            arguments: [agent])
        guard let last else { return health }
        health.lastInvocation = last["id"]
        health.lastStartedAt = last["started_at"]
        for row in try Row.fetchAll(
            self, sql: Self.newest + " SELECT state, count(*) AS count FROM newest GROUP BY state", arguments: [agent])
        {
            health.byState[row["state"]] = row["count"]
        }
        let ends = try Row.fetchAll(
            self, sql: Self.newest + " SELECT state, ended_at FROM newest WHERE ended_at IS NOT NULL ORDER BY seq DESC",
            arguments: [agent])
        health.lastEndedAt = ends.first?["ended_at"]
        health.lastState = ends.first?["state"]
        health.consecutiveFailures = ends.prefix { ($0["state"] as String) == "failed" }.count
        let recent = ends.filter { ($0["ended_at"] as Timestamp) >= since }
        health.ended = recent.count
        health.failed = recent.count { ($0["state"] as String) == "failed" }
        let spent = try Row.fetchOne(
            self,
            sql: Self.newest + """
                 SELECT coalesce(sum(input + cache_read + cache_write + output + reasoning), 0) AS tokens,
                    coalesce(sum(cost), 0) AS cost FROM newest WHERE created_at >= ?
                """, arguments: [agent, since])
        health.tokens = spent.map { $0["tokens"] as Int64 } ?? 0
        health.costMicrodollars = spent.map { $0["cost"] as Int64 } ?? 0
        let times = try Int64.fetchAll(
            self,
            sql: Self.newest + """
                 SELECT (ended_at - started_at) / 1000 FROM newest
                    WHERE ended_at >= ? AND started_at IS NOT NULL ORDER BY 1
                """, arguments: [agent, since])
        health.medianMilliseconds = times.nearestRank(50)
        health.percentile95Milliseconds = times.nearestRank(95)
        return health
    }
}

extension [Int64] {
    /// The value at `percent` of a sorted list; nil of an empty one.
    fileprivate func nearestRank(_ percent: Int) -> Int64? {
        isEmpty ? nil : self[Swift.max(0, (count * percent + 99) / 100 - 1)]
    }
}
