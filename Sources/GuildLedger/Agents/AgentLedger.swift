package import GuildDomain

extension AgentPause {
    fileprivate init(row: LedgerRow) throws {
        let since: Timestamp = try row["since"]
        let until: Timestamp? = try row["until"]
        try row.require(until.map { $0 > since } ?? true, "until")
        try self.init(agent: row["agent"], actor: row["actor"], reason: row["reason"], since: since, until: until)
    }
}

/// Pauses and health of agents.
package struct AgentLedger: Sendable {
    let ledger: Ledger

    /// The pauses in force, by the agents' names.
    package func pauses(now: Timestamp) async throws -> [String: AgentPause] {
        try await ledger.read { try $0.agents.pauses(now: now) }
    }

    /// Whether the ledger has a run or a pause of an agent.
    package func isKnown(_ agent: String) async throws -> Bool {
        try await ledger.read { db in
            let hasRun = try db.holds("SELECT EXISTS (SELECT 1 FROM invocations WHERE agent = ?)", [agent])
            if hasRun { return true }
            return try db.holds("SELECT EXISTS (SELECT 1 FROM agent_pauses WHERE agent = ?)", [agent])
        }
    }

    /// Pauses an agent, or changes the reason and the end of its pause; audited.
    ///
    /// - Parameter until: later than `now`; nil until it is resumed.
    package func pause(
        agent: String, reason: String?, until: Timestamp?, actor: String, commit: String?, now: Timestamp
    ) async throws -> AgentPause {
        try await ledger.write { db in
            let known = try db.agents.pause(of: agent, now: now)
            let pause = AgentPause(
                agent: agent, actor: actor, reason: reason, since: known?.since ?? now,
                until: until.map { max($0, now + .microseconds(1)) })
            try db.run(
                """
                INSERT INTO agent_pauses (agent, actor, reason, since, until) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (agent) DO UPDATE SET actor = excluded.actor, reason = excluded.reason,
                    since = excluded.since, until = excluded.until
                """, [agent, actor, reason, pause.since, pause.until])
            try db.audit.append(
                AuditEntry(
                    at: now, actor: actor, kind: .operatorCommand, subject: agent, commit: commit,
                    body: [
                        "command": "registry pause", "agent": .string(agent),
                        "reason": reason.map { .string($0) } ?? .null,
                        "until": until.map { .string($0.rfc3339) } ?? .null,
                    ]))
            return pause
        }
    }

    /// Ends an agent's pause; audited.
    ///
    /// - Returns: false if it was not paused; then nothing is written.
    package func resume(agent: String, actor: String, commit: String?, now: Timestamp) async throws -> Bool {
        try await ledger.write { db in
            guard try db.agents.pause(of: agent, now: now) != nil else { return false }
            try db.run("DELETE FROM agent_pauses WHERE agent = ?", [agent])
            try db.audit.append(
                AuditEntry(
                    at: now, actor: actor, kind: .operatorCommand, subject: agent, commit: commit,
                    body: ["command": "registry resume", "agent": .string(agent)]))
            return true
        }
    }
}

extension AgentStatements {
    func pause(of agent: String, now: Timestamp) throws -> AgentPause? {
        try db.first(
            "SELECT * FROM agent_pauses WHERE agent = ? AND (until IS NULL OR until > ? OR until <= since)",
            [agent, now], read: pause)
    }

    func pauses(now: Timestamp) throws -> [String: AgentPause] {
        let rows = try db.list(
            "SELECT * FROM agent_pauses WHERE until IS NULL OR until > ? OR until <= since", [now], read: pause)
        return Dictionary(rows.map { ($0.agent, $0) }) { first, _ in first }
    }

    /// A pause is in force even if its other columns cannot be read.
    private func pause(_ row: LedgerRow) throws -> AgentPause {
        do {
            return try AgentPause(row: row)
        } catch let fault as RowFault {
            // The damage may be in its beginning.
            let since = (try? row["since"] as Timestamp) ?? Timestamp(microseconds: 0)
            return AgentPause(
                agent: try row["agent"], actor: "a damaged row", reason: fault.message, since: since, until: nil)
        }
    }
}
