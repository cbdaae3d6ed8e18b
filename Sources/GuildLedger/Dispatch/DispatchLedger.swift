import Foundation
package import GuildDomain

/// Decisions about events, debounce windows, rates and dead letters.
package struct DispatchLedger: Sendable {
    let ledger: Ledger

    /// The oldest events that wait for the dispatcher, with their payloads. An event whose row is damaged is taken out of
    /// the queue, with an audit entry, so that it does not block the following ones.
    ///
    /// - Parameter roots: only events of these; nil takes all.
    package func inbound(limit: Int, roots: [EventID]? = nil, now: Timestamp) async throws -> [InboundMessage] {
        let (rows, damaged) = try await ledger.read { db in
            var damaged: [(message: Int64, fault: RowFault)] = []
            let rows = try db.work(
                """
                SELECT m.seq, m.seq AS message,
                    coalesce((SELECT tokens FROM root_totals t WHERE t.root = e.root), 0) AS spent, e.*
                FROM messages m JOIN events e ON e.id = m.event
                WHERE m.topic = 'inbound' AND m.available_at <= ? AND \(RootFilter.condition("e.root", roots))
                ORDER BY m.seq LIMIT ?
                """, [now] + (roots ?? []) + [limit]
            ) { row in
                try (
                    row["message"] as Int64, row["spent"] as Int64, Event(row: row), row.storedBody("body", "body_ref")
                )
            } fail: {
                damaged.append(($0, $1))
            }
            return (rows, damaged)
        }
        for one in damaged { try await discard(one.message, one.fault, now: now) }
        return try rows.map { seq, spent, event, stored in
            var event = event
            var damage: String?
            do {
                event = try ledger.bodies.whole(event, stored)
            } catch let fault as RowFault {
                damage = fault.message
            }
            var message = InboundMessage(seq: seq, event: event, rootTokens: spent)
            message.damage = damage
            return message
        }
    }

    private func discard(_ message: Int64, _ fault: RowFault, now: Timestamp) async throws {
        try await ledger.write { db in
            let event = try db.value(
                "DELETE FROM messages WHERE seq = ? RETURNING event", [message], as: EventID.self)
            guard let event else { return }
            try db.audit.append(
                AuditEntry(
                    at: now, actor: "dispatcher", kind: .dispatchDecided, subject: event.description,
                    cause: event.description, body: ["outcome": "invalid", "damaged": .string(fault.message)]))
        }
    }

    /// Takes the message, records the decisions and queues the invocations, in one transaction. Each invocation first
    /// passes the terms of its decision: pauses, rates, debounce windows and backpressure are looked up and changed in it.
    ///
    /// - Parameter head: the accepted commit as this process knows it; nil asks for none.
    /// - Returns: the final decisions; nil if another dispatcher had decided already: nothing is then written.
    /// - Throws: `StaleHead` if another commit is accepted; nothing is then written.
    package func record(
        _ message: InboundMessage, _ decisions: [Decision], commit: String, head: String? = nil, now: Timestamp
    ) async throws -> [Decision]? {
        try await ledger.write { db in
            try db.codex.requireAccepted(head)
            let isFirst =
                try db.changes(
                    "INSERT INTO inbox (consumer, message) VALUES ('dispatcher', ?) ON CONFLICT DO NOTHING",
                    [message.event.id]) == 1
            try db.run("DELETE FROM messages WHERE seq = ?", [message.seq])
            guard isFirst else { return nil }
            var book = LedgerBook(db: db, event: message.event.place)
            let decided = try Decision.admitted(decisions, in: &book, now: now)
            for decision in decided {
                try db.dispatch.record(
                    decision, for: message.event.place, actor: "dispatcher", commit: commit, now: now)
            }
            return decided
        }
    }

    /// The steps of `guild run`: the event, its decision and an invocation that this worker holds from the start.
    package func beginRun(
        _ event: Event, _ decision: Decision, actor: String, commit: String, lease: Lease, now: Timestamp
    ) async throws {
        let digest = ContentDigest.hex(of: event.payload)
        try await ledger.bodies.storing(event.payload) { body in
            try await ledger.write { db in
                var policy = AcceptancePolicy(actor: actor)
                policy.commit = commit
                if try db.events.find(event.id) == nil {
                    try db.events.insert(event, body: body, receivedAt: now)
                    try db.events.auditAccepted(event, payloadDigest: digest, policy: policy, now: now)
                }
                try db.dispatch.record(decision, for: event, actor: actor, commit: commit, now: now)
                guard let invocation = decision.invocation else { return }
                try db.run("UPDATE invocations SET affinity = ? WHERE id = ?", [lease.owner, invocation.id])
            }
        }
    }
}

extension Event {
    var place: EventPlace { EventPlace(id: id, root: root) }
}

extension DispatchStatements {
    func record(_ decision: Decision, for event: Event, actor: String, commit: String, now: Timestamp) throws {
        try record(decision, for: event.place, actor: actor, commit: commit, now: now)
    }

    /// Writes a decision, its queued or held invocation, and its audit entry.
    func record(_ decision: Decision, for event: EventPlace, actor: String, commit: String, now: Timestamp) throws {
        let reasons = JSONValue.array(decision.reasons.map { .string($0) })
        try db.run(
            """
            INSERT INTO decisions (event, rule, agent, revision, outcome, final, until, invocation, commit_id, reasons,
                at)
            VALUES (?, ?, ?, (SELECT count(*) FROM decisions WHERE event = ? AND rule = ? AND agent = ?), ?, ?, ?, ?,
                ?, ?, ?)
            """,
            [
                event.id, decision.rule, decision.agent, event.id, decision.rule, decision.agent,
                decision.outcome.rawValue, decision.outcome.isFinal, decision.until, decision.named, commit,
                reasons.text(), now,
            ])
        if let invocation = decision.invocation {
            switch decision.outcome {
            case .dispatched: try insert(invocation, for: event, commit: commit, now: now)
            case .deferred: try completeWindow(of: invocation, event)
            case .rateLimited: try hold(invocation, decision, event)
            case .merged, .unrouted, .invalid, .ownEvent, .loopStopped, .rejected, .overBudget, .paused, .blocked:
                // One that waited, or a window that was open, may have taken tokens for a run that does not come.
                try db.rates.giveBackTokens(of: invocation.id)
            }
        }
        if let target = decision.mergedInto { try merge(event.id, into: target) }
        if let notice = decision.notice { try notify(notice, about: event, now: now) }
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .dispatchDecided,
                subject: (decision.named?.description ?? event.id.description), commit: commit,
                cause: event.id.description, root: event.root.description,
                body: [
                    "agent": .string(decision.agent), "rule": .string(decision.rule),
                    "outcome": .string(decision.outcome.rawValue), "reasons": reasons,
                ]))
    }

    private func insert(_ invocation: NewInvocation, for event: EventPlace, commit: String, now: Timestamp) throws {
        try db.run(
            """
            INSERT INTO invocations (id, agent, chapter, commit_id, event, root, priority, state, created_at,
                available_at, options)
            VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)
            """,
            [
                invocation.id, invocation.agent, invocation.chapter, commit, event.id, event.root,
                invocation.priority.rawValue, now, now, invocation.options.text(),
            ])
    }

    /// Addressed to the person who is responsible for the newest invocation of the chain.
    private func notify(_ notice: Decision.Notice, about event: EventPlace, now: Timestamp) throws {
        try db.run(
            """
            INSERT INTO notifications (id, at, recipient, severity, text, invocation, action, state)
            VALUES (?, ?, 'chapter', 'warning', ?,
                (SELECT id FROM invocations WHERE root = ? ORDER BY seq DESC LIMIT 1), NULL, 'pending') ON CONFLICT DO NOTHING
            """,
            [
                NotificationID(derivedFrom: ["notice", notice.name, event.root.description]), now,
                ScreenText.prefix(notice.text, scalars: 2000), event.root,
            ])
    }
}
