package import GuildCodex
import GuildConnectors
import GuildControl
package import GuildDomain
import GuildLedger

/// `guild dispatch`: hands events in as the gateway does, and decides them here and now.
package struct EventDispatch: Sendable {
    private static let recheck = Duration.milliseconds(200)
    /// The roots of one dispatcher: each is a parameter of its statements.
    private static let rootsAtOnce = 500

    let deployment: Deployment
    /// `user:NAME`.
    let actor: String
    /// The worker that follows the events, once there is one.
    let follower = Follower()

    /// Sends events in the name of `actor`.
    package init(in deployment: Deployment, actor: String) {
        self.deployment = deployment
        self.actor = actor
    }

    /// The decisions that would be made; needs no ledger and writes nothing.
    package static func preview(_ events: [Event], in snapshot: CodexSnapshot, now: Timestamp) throws
        -> [DispatchedEvent]
    {
        try checkSizes(of: events, in: snapshot)
        let router = Router(snapshot)
        let policy = AdmissionPolicy(snapshot)
        var book = MemoryBook()
        return try events.map { event in
            let routed = policy.applied(to: router.decide(event, now: now), of: event)
            let lines = try Decision.admitted(routed, in: &book, now: now).map {
                DispatchedEvent.Line(preview: $0, commit: snapshot.commit)
            }
            return DispatchedEvent(event: event, reception: .dryRun, decisions: lines)
        }
    }

    /// Accepts the events and runs the dispatcher until each has its decisions. Other waiting events are left to
    /// `serve`, which may use another commit than this process.
    ///
    /// - Throws: `Failure` if one is too large, and then none is sent; or if the queue is full.
    package func send(_ events: [Event]) async throws -> [DispatchedEvent] {
        let head = deployment.asked
        try Self.checkSizes(of: events, in: head)
        deployment.pin(head.commit)
        var policy = AcceptancePolicy(actor: actor)
        policy.commit = head.commit
        policy.queueLimit = Int64(head.settings.queueDepth.value)
        var received: [(Event, DispatchedEvent.Reception)] = []
        for event in events {
            received.append(try await accept(event, policy))
        }
        for start in stride(from: 0, to: received.count, by: Self.rootsAtOnce) {
            let batch = received[start..<min(start + Self.rootsAtOnce, received.count)]
            try await decide(batch.filter { $0.1 == .accepted }.map(\.0.id), roots: batch.map(\.0.root))
        }
        var dispatched: [DispatchedEvent] = []
        for (event, reception) in received {
            dispatched.append(try await recorded(event, reception))
        }
        return dispatched
    }

    /// The event with its decisions and the states of their runs, of which some are another event's.
    private func recorded(_ event: Event, _ reception: DispatchedEvent.Reception) async throws -> DispatchedEvent {
        let trace = try await deployment.ledger.reports.trace(of: event.id)
        return try await withRunState(
            DispatchedEvent(
                event: event, reception: reception,
                decisions: (trace?.decisions ?? []).map(DispatchedEvent.Line.init), isForgotten: trace == nil,
                isErased: trace?.isErased ?? false))
    }

    /// The events with the present states of their decisions' runs.
    package func withRunStates(_ events: [DispatchedEvent]) async throws -> [DispatchedEvent] {
        var current: [DispatchedEvent] = []
        for event in events { current.append(try await withRunState(event)) }
        return current
    }

    private func withRunState(_ dispatched: DispatchedEvent) async throws -> DispatchedEvent {
        var dispatched = dispatched
        for index in dispatched.decisions.indices {
            guard let run = dispatched.decisions[index].invocation else { continue }
            dispatched.decisions[index].runState = try await deployment.ledger.invocations.find(run)?.state
        }
        return dispatched
    }

    private func accept(
        _ event: Event, _ policy: AcceptancePolicy
    ) async throws -> (Event, DispatchedEvent.Reception) {
        let event = event.masked(by: deployment.secrets, deployment.codex.head)
        switch try await deployment.ledger.events.accept(event, policy: policy, now: deployment.time.now) {
        case .accepted, .held: return (event, .accepted)
        case .duplicate(let earlier):
            return (try await deployment.ledger.events.shown(earlier)?.event ?? event, .duplicate)
        case .overloaded:
            throw Failure(
                .unavailable, "the inbound queue is full (\(policy.queueLimit) events wait); \(event.id) was refused",
                hint: "drain it with `guild serve --once dispatcher`, then send the rest again")
        case .limited(let until):
            throw Failure(.unavailable, "\(event.id) was refused: no more events until \(until.rfc3339)")
        }
    }

    /// Several dispatchers may be at work: whichever decides first, the decision is there in the end.
    func decide(_ events: [EventID], roots: [EventID]) async throws {
        let dispatcher = deployment.dispatcher(roots: roots, by: deployment.access.current(at: deployment.asked))
        let outcomes = deployment.ledger.signal(.outcomes)
        var open = events[...]
        while true {
            let seen = outcomes.generation
            let looked = try await dispatcher.dispatchWaiting()
            while let first = open.first, try await isDecided(first) { open.removeFirst() }
            if open.isEmpty { return }
            if looked == 0 {
                await outcomes.wait(after: seen, until: deployment.time.now + Self.recheck, time: deployment.time)
            }
            try Task.checkCancellation()
        }
    }

    private func isDecided(_ event: EventID) async throws -> Bool {
        try await deployment.ledger.reports.trace(of: event)?.decisions.isEmpty == false
    }

    /// The gateway's limits hold here too.
    private static func checkSizes(of events: [Event], in snapshot: CodexSnapshot) throws(Failure) {
        let settings = snapshot.settings
        for event in events {
            let limit = settings.bodyLimit(of: event.system)
            guard event.payload.count > limit.value else { continue }
            throw Failure(
                .usage, "event \(event.id): its data has \(event.payload.count) bytes, the limit is \(limit.value)",
                hint: "the limit is \(limit.origin == .builtIn ? "built in" : "set at \(limit.origin)")")
        }
    }
}

extension EventTrace {
    /// The invocations of the event and then those of the events that it caused.
    package var allInvocations: [Invocation] { invocations.map(\.invocation) + effects.flatMap(\.allInvocations) }
}
