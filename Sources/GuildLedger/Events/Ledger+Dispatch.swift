import Foundation
package import GuildDomain

/// An event that waits for the dispatcher.
package struct InboundMessage: Sendable {
    package let seq: Int64
    package let event: Event
    /// The tokens that everything caused by the event's root has used so far.
    package let rootTokens: Int64
}

/// The dispatcher's decision for one (event, trigger or rule, agent).
package struct Decision: Sendable, Hashable {
    /// The outcomes of docs/dispatch.md, "Decisions".
    package enum Outcome: String, Sendable, CaseIterable {
        case dispatched
        /// The event joined another invocation: that of a debounce window, or of another trigger or rule that has
        /// already called the agent for this event.
        case merged = "debounced"
        /// The first of a debounce window, until that closes.
        case deferred
        /// Its slot comes later.
        case rateLimited = "rate-limited"
        case unrouted
        case invalid
        case ownEvent = "own event"
        case loopStopped = "loop stopped"
        case rejected
        case overBudget = "over budget"
        case paused
        case blocked = "blocked by policy"

        /// Whether no later decision follows.
        package var isFinal: Bool { self != .deferred && self != .rateLimited }
    }

    /// `agents/ranger#0`, `routing/default#pull-requests`, `cli`; empty if nothing matched.
    package var rule: String
    /// Empty if nothing matched.
    package var agent: String
    /// The result of the checks.
    package var outcome: Outcome
    /// The checks and their results, in the order tried.
    package var reasons: [String]
    /// The invocation for the queue; nil for an outcome without one.
    package var invocation: NewInvocation?
    /// The conditions for the invocation's way into the queue; nil queues it as it is.
    package var terms: AdmissionTerms?
    /// When a pending one is decided again, or a rejected one may be sent again.
    package var until: Timestamp?
    /// The invocation that the event joined, if it is not its own.
    package var mergedInto: InvocationID?
    /// A note for a person, once for each root.
    package var notice: Notice?

    /// A word to a person about a whole chain of events.
    package struct Notice: Sendable, Hashable {
        /// The note's subject; each name makes one notification for each root.
        package var name: String
        package var text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

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
    /// A person's options from the command line; `{}` otherwise.
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
    /// The oldest events that wait for the dispatcher, with their payloads. An event whose row is damaged is taken out of
    /// the queue, with an audit entry, so that it does not block the following ones.
    ///
    /// - Parameter roots: only events of these; nil takes all.
    package func inbound(limit: Int, roots: [EventID]? = nil, now: Timestamp) async throws -> [InboundMessage] {
        let (rows, damaged) = try await read { db in
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
            do throws(LedgerFailure) {
                event.payload = try bodies.load(stored)
            } catch .damagedBody {
                // It is read as invalid JSON, so that it is decided as invalid and does not block the following ones.
                event.payload = []
            }
            return InboundMessage(seq: seq, event: event, rootTokens: spent)
        }
    }

    private func discard(_ message: Int64, _ fault: RowFault, now: Timestamp) async throws {
        try await write { db in
            let event = try db.value(
                "DELETE FROM messages WHERE seq = ? RETURNING event", [message], as: EventID.self)
            guard let event else { return }
            try db.appendAudit(
                AuditEntry(
                    at: now, actor: "dispatcher", kind: .dispatchDecided, subject: event.description,
                    cause: event.description, body: ["outcome": "invalid", "damaged": .string(fault.message)]))
        }
    }

    /// Takes the message, records the decisions and queues the invocations, in one transaction.
    ///
    /// - Parameter head: the accepted commit as this process knows it; nil asks for none.
    /// - Returns: false when another dispatcher had decided already; then nothing is written.
    /// - Throws: `StaleHead` where another is accepted; nothing is then written.
    package func decide(
        _ message: InboundMessage, _ decisions: [Decision], commit: String, head: String? = nil, now: Timestamp
    ) async throws -> Bool {
        try await dispatch(message, decisions, commit: commit, head: head, now: now) != nil
    }

    /// As `decide`, where each invocation first passes the terms of its decision: pauses, rates, debounce windows and
    /// backpressure are looked up and changed in the same transaction.
    ///
    /// - Returns: the final decisions; nil when another dispatcher had decided already.
    package func dispatch(
        _ message: InboundMessage, _ decisions: [Decision], commit: String, head: String? = nil, now: Timestamp
    ) async throws -> [Decision]? {
        let tells = decisions.contains { $0.notice != nil }
        let topics: [Topic] = decisions.contains { $0.invocation != nil } ? [.invocations] : [.outcomes]
        return try await write(touching: topics + (tells ? [.notifications] : [])) { db in
            try db.requireAccepted(head)
            let isFirst =
                try db.changes(
                    "INSERT INTO inbox (consumer, message) VALUES ('dispatcher', ?) ON CONFLICT DO NOTHING",
                    [message.event.id]) == 1
            try db.run("DELETE FROM messages WHERE seq = ?", [message.seq])
            guard isFirst else { return nil }
            var book = LedgerBook(db: db, event: message.event.place)
            let decided = try Decision.admitted(decisions, in: &book, now: now)
            for decision in decided {
                try db.record(decision, for: message.event.place, actor: "dispatcher", commit: commit, now: now)
            }
            return decided
        }
    }

    /// The steps of `guild run`: the event, its decision and an invocation that this worker holds from the start.
    package func begin(
        _ event: Event, _ decision: Decision, actor: String, commit: String, lease: Lease, now: Timestamp
    ) async throws {
        let digest = ContentDigest.hex(of: event.payload)
        try await bodies.storing(event.payload) { body in
            try await write(touching: [.invocations]) { db in
                var policy = AcceptancePolicy(actor: actor)
                policy.commit = commit
                if try db.event(event.id) == nil {
                    try db.insert(event, body: body, receivedAt: now)
                    try db.auditAccepted(event, payloadDigest: digest, policy: policy, now: now)
                }
                try db.record(decision, for: event, actor: actor, commit: commit, now: now)
                guard let invocation = decision.invocation else { return }
                try db.run("UPDATE invocations SET affinity = ? WHERE id = ?", [lease.owner, invocation.id])
            }
        }
    }
}

/// An event as decisions and invocations name it.
struct EventPlace: Sendable {
    let id: EventID
    let root: EventID
}

extension Event {
    var place: EventPlace { EventPlace(id: id, root: root) }
}

extension LedgerTransaction {
    func record(_ decision: Decision, for event: Event, actor: String, commit: String, now: Timestamp) throws {
        try record(decision, for: event.place, actor: actor, commit: commit, now: now)
    }

    /// Writes a decision, its queued or held invocation, and its audit entry.
    func record(_ decision: Decision, for event: EventPlace, actor: String, commit: String, now: Timestamp) throws {
        let reasons = JSONValue.array(decision.reasons.map { .string($0) })
        try run(
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
                try giveBackTokens(of: invocation.id)
            }
        }
        if let target = decision.mergedInto { try merge(event.id, into: target) }
        if let notice = decision.notice { try notify(notice, about: event, now: now) }
        try appendAudit(
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
        try run(
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
        try run(
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
