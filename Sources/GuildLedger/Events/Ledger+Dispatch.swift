import Foundation
import GRDB
package import GuildDomain

/// An event that waits for the dispatcher.
package struct InboundMessage: Sendable {
    package let seq: Int64
    package let event: Event
}

/// What the dispatcher decided for one (event, trigger or rule, agent).
package struct Decision: Sendable, Hashable {
    /// The final outcomes of spec "Dispatch".
    package enum Outcome: String, Sendable, CaseIterable {
        case dispatched
        /// Another trigger or rule has set the agent going for this event already.
        case merged = "debounced"
        case unrouted
        case invalid
        case ownEvent = "own event"
        case loopStopped = "loop stopped"
        case rejected
        case overBudget = "over budget"
        case paused
        case blocked = "blocked by policy"
    }

    /// `agents/ranger#0`, `routing/default#pull-requests`, `cli`; empty where nothing matched.
    package var rule: String
    /// Empty where nothing matched.
    package var agent: String
    package var outcome: Outcome
    /// What was looked at and why it came out so, in the order tried.
    package var reasons: [String]
    package var invocation: NewInvocation?

    package init(rule: String, agent: String, outcome: Outcome, reasons: [String], invocation: NewInvocation? = nil) {
        self.rule = rule
        self.agent = agent
        self.outcome = outcome
        self.reasons = reasons
        self.invocation = invocation
    }
}

/// An invocation that a decision puts into the queue.
package struct NewInvocation: Sendable, Hashable {
    package var id: InvocationID
    package var agent: String
    package var chapter: String?
    package var priority: Priority
    /// What a person asked for on the command line; `{}` otherwise.
    package var options: JSONValue

    package init(
        id: InvocationID, agent: String, chapter: String?, priority: Priority,
        options: JSONValue = .object(JSONObject())
    ) {
        self.id = id
        self.agent = agent
        self.chapter = chapter
        self.priority = priority
        self.options = options
    }
}

extension Ledger {
    /// The oldest events that wait for the dispatcher, with their payloads.
    package func inbound(limit: Int, now: Timestamp) async throws -> [InboundMessage] {
        let rows = try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT m.seq AS message, e.* FROM messages m JOIN events e ON e.id = m.event
                    WHERE m.topic = 'inbound' AND m.available_at <= ? ORDER BY m.seq LIMIT ?
                    """, arguments: [now, limit]
            ).map { ($0["message"] as Int64, Event(row: $0), $0.storedBody("body", "body_ref")) }
        }
        return try rows.map { seq, event, stored in
            var event = event
            do throws(LedgerFailure) {
                event.payload = try bodies.load(stored)
            } catch .damagedBody {
                // It reads as no JSON at all, so that it is decided as invalid and does not block what is behind it.
                event.payload = []
            }
            return InboundMessage(seq: seq, event: event)
        }
    }

    /// Takes the message, records what was decided and queues the invocations, in one transaction.
    ///
    /// - Returns: false when another dispatcher had decided already; then nothing is written.
    package func decide(
        _ message: InboundMessage, _ decisions: [Decision], commit: String, now: Timestamp
    ) async throws -> Bool {
        try await write(touching: decisions.contains { $0.invocation != nil } ? [.invocations] : [.outcomes]) { db in
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO inbox VALUES ('dispatcher', ?)")
                .execute(arguments: [message.event.id])
            let isFirst = db.changesCount == 1
            try db.cachedStatement(sql: "DELETE FROM messages WHERE seq = ?").execute(arguments: [message.seq])
            guard isFirst else { return false }
            for decision in decisions {
                try db.record(decision, for: message.event, actor: "dispatcher", commit: commit, now: now)
            }
            return true
        }
    }

    /// What `guild run` does: the event, its decision and an invocation that this worker holds from the start.
    package func begin(
        _ event: Event, _ decision: Decision, actor: String, commit: String, lease: Lease, now: Timestamp
    ) async throws {
        let body = try bodies.store(event.payload)
        try await write(touching: [.invocations]) { db in
            var policy = AcceptancePolicy(actor: actor)
            policy.commit = commit
            if try db.event(event.id) == nil {
                try db.insert(event, body: body, receivedAt: now)
                try db.auditAccepted(event, policy: policy, now: now)
            }
            try db.record(decision, for: event, actor: actor, commit: commit, now: now)
            guard let invocation = decision.invocation else { return }
            try db.execute(
                sql: "UPDATE invocations SET affinity = ? WHERE id = ?", arguments: [lease.owner, invocation.id])
        }
    }
}

extension Database {
    func record(
        _ decision: Decision, for event: Event, actor: String, commit: String, now: Timestamp
    ) throws {
        let reasons = JSONValue.array(decision.reasons.map { .string($0) })
        try cachedStatement(
            sql: """
                INSERT INTO decisions (event, rule, agent, revision, outcome, final, invocation, commit_id, reasons, at)
                VALUES (?, ?, ?, (SELECT count(*) FROM decisions WHERE event = ? AND rule = ? AND agent = ?), ?, 1, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            event.id, decision.rule, decision.agent, event.id, decision.rule, decision.agent,
            decision.outcome.rawValue, decision.invocation?.id, commit, reasons.text(), now,
        ])
        if let invocation = decision.invocation { try insert(invocation, for: event, commit: commit, now: now) }
        try appendAudit(
            AuditEntry(
                at: now, actor: actor, kind: .dispatchDecided,
                subject: (decision.invocation?.id.description ?? event.id.description), commit: commit,
                cause: event.id.description, root: event.root.description,
                body: [
                    "agent": .string(decision.agent), "rule": .string(decision.rule),
                    "outcome": .string(decision.outcome.rawValue), "reasons": reasons,
                ]))
    }

    private func insert(_ invocation: NewInvocation, for event: Event, commit: String, now: Timestamp) throws {
        try cachedStatement(
            sql: """
                INSERT INTO invocations (id, agent, chapter, commit_id, event, root, priority, state, created_at,
                    available_at, options)
                VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)
                """
        ).execute(arguments: [
            invocation.id, invocation.agent, invocation.chapter, commit, event.id, event.root,
            invocation.priority.rawValue, now, now, invocation.options.text(),
        ])
    }
}
