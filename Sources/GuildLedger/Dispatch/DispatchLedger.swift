import Foundation
package import GuildDomain

/// Decisions about events, debounce windows, rates and dead letters.
package struct DispatchLedger: Sendable {
    let ledger: Ledger

    /// The oldest events that wait for the dispatcher, with their payloads. A message whose event is missing or cannot be
    /// read is taken out of the queue, with an audit entry, so that it does not block the following ones.
    ///
    /// - Parameters:
    ///   - roots: only events of these; nil takes all.
    ///   - tell: called with each message that was taken out.
    package func inbound(
        limit: Int, roots: [EventID]? = nil, now: Timestamp, tell: (UnreadableMessage) -> Void = { _ in }
    ) async throws -> [InboundMessage] {
        while true {
            let (messages, faulty) = try await waiting(limit: limit, roots: roots, now: now)
            for one in faulty { if let ended = try await end(one, now: now) { tell(ended) } }
            // Messages behind a whole page of faulty ones must not wait for the next look.
            if !messages.isEmpty || faulty.isEmpty { return messages }
        }
    }

    /// The oldest events that wait for the dispatcher, without their payloads, for people: nothing is written.
    package func waitingEvents(limit: Int, now: Timestamp) async throws -> [Event] {
        try await ledger.read { db in
            try db.dispatch.inbound(limit: limit, roots: nil, now: now).whole.map(\.event)
        }
    }

    private func waiting(
        limit: Int, roots: [EventID]?, now: Timestamp
    ) async throws -> (whole: [InboundMessage], faulty: [FaultyMessage]) {
        let found = try await ledger.read { db in try db.dispatch.inbound(limit: limit, roots: roots, now: now) }
        var whole: [InboundMessage] = []
        var faulty = found.faulty
        for row in found.whole {
            var event = row.event
            var damage: String?
            do {
                event = try ledger.bodies.whole(event, row.stored)
            } catch let fault as RowFault {
                guard !fault.mayBeNewer else {
                    faulty.append(FaultyMessage(seq: row.seq, fault: fault))
                    continue
                }
                damage = fault.message
            }
            var message = InboundMessage(seq: row.seq, event: event, rootTokens: row.spent)
            message.damage = damage
            whole.append(message)
        }
        return (whole, faulty)
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
    /// A row of the dispatcher's queue.
    fileprivate struct InboundRow {
        let seq: Int64
        let spent: Int64
        let event: Event
        let stored: BodyStore.Stored
    }

    fileprivate func inbound(
        limit: Int, roots: [EventID]?, now: Timestamp
    ) throws -> (whole: [InboundRow], faulty: [FaultyMessage]) {
        try messages(
            """
            SELECT m.seq, m.event AS named,
                coalesce((SELECT tokens FROM root_totals t WHERE t.root = e.root), 0) AS spent, e.*
            FROM messages m LEFT JOIN events e ON e.id = m.event
            WHERE m.topic = 'inbound' AND m.available_at <= ? AND (\(RootFilter.condition("e.root", roots))
                OR e.id IS NULL AND \(RootFilter.condition("m.event", roots)))
            ORDER BY m.seq LIMIT ?
            """, [now] + (roots ?? []) + (roots ?? []) + [limit]
        ) { row in
            try InboundRow(
                seq: row["seq"], spent: row["spent"], event: Event(row: row),
                stored: row.storedBody("body", "body_ref"))
        }
    }

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
