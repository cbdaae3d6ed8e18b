package import GuildCodex
import GuildConnectors
import GuildControl
package import GuildDomain
import GuildLedger
package import GuildRuntime

/// `guild dispatch`: hands events in as the gateway does, and decides them here and now.
package struct EventDispatch: Sendable {
    private static let recheck = Duration.milliseconds(200)
    /// The roots of one dispatcher: each is a parameter of its statements.
    private static let rootsAtOnce = 500

    private let deployment: Deployment
    /// `user:NAME`.
    private let actor: String

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
            let rows = try await deployment.ledger.reports.trace(of: event.id)?.decisions ?? []
            dispatched.append(
                DispatchedEvent(event: event, reception: reception, decisions: rows.map(DispatchedEvent.Line.init)))
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
            return (try await deployment.ledger.events.find(earlier) ?? event, .duplicate)
        case .overloaded:
            throw Failure(
                .unavailable, "the inbound queue is full (\(policy.queueLimit) events wait); \(event.id) was refused",
                hint: "drain it with `guild serve --once dispatcher`, then send the rest again")
        case .limited(let until):
            throw Failure(.unavailable, "\(event.id) was refused: no more events until \(until.rfc3339)")
        }
    }

    /// Several dispatchers may be at work: whichever decides first, the decision is there in the end.
    private func decide(_ events: [EventID], roots: [EventID]) async throws {
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

// MARK: - Following to the end

extension EventDispatch {
    /// Runs everything that the events caused, and returns when nothing is left to do without a person. An event that
    /// was debounced into another's invocation waits for the end of that one's root.
    ///
    /// - Parameter stop: raised once the runs were asked to stop; work that waits for a time is then left to others.
    /// - Returns: the invocations in the order of the events, those of caused events after their cause.
    package func finish(
        _ dispatched: [DispatchedEvent], stop: StopWish = StopWish(), observe: @escaping @Sendable (RunEvent) -> Void
    ) async throws -> [Invocation] {
        let ledger = deployment.ledger
        let time = deployment.time
        let worker = try await ledger.workers.register(
            components: ["dispatch"], version: GuildVersion.current, now: time.now)
        ledger.watch()
        var invocations: [Invocation] = []
        for dispatch in dispatched where dispatch.decisions.contains(where: { $0.invocation != nil }) {
            let root = dispatch.event.root
            try await deployment.hosting(root: root, worker: worker, observe: observe) { try await settle(root, stop) }
            let trace = try await ledger.reports.trace(of: dispatch.event.id)
            invocations += trace?.allInvocations ?? []
            for joined in try await joined(trace, root: root) where !invocations.contains(where: { $0.id == joined.id })
            {
                try await deployment.hosting(root: joined.root, worker: worker, observe: observe) {
                    try await settle(joined.root, stop)
                }
                if let ended = try await ledger.invocations.find(joined.id) { invocations.append(ended) }
            }
        }
        try await ledger.workers.unregister(worker, now: time.now)
        return invocations
    }

    /// The invocations of other roots that an event was debounced into.
    private func joined(_ trace: EventTrace?, root: EventID) async throws -> [(id: InvocationID, root: EventID)] {
        var joined: [(id: InvocationID, root: EventID)] = []
        for id in trace?.decisions.compactMap(\.invocation) ?? [] where !joined.contains(where: { $0.id == id }) {
            // If there is none, its window was closed without a run.
            guard let other = try await deployment.ledger.invocations.root(of: id), other != root else { continue }
            joined.append((id, other))
        }
        return joined
    }

    /// Asks the events' runs to stop, and then their follower to stop waiting.
    package func cancel(_ dispatched: [DispatchedEvent], _ stop: StopWish, signal: Int32) async throws {
        for dispatch in dispatched {
            let trace = try await deployment.ledger.reports.trace(of: dispatch.event.id)
            for invocation in trace?.allInvocations ?? [] where !invocation.state.isFinal {
                _ = try await deployment.ledger.invocations.requestCancel(
                    invocation.id, actor: actor, now: deployment.time.now)
            }
        }
        stop.raise(signal)
        deployment.ledger.signal(.outcomes).raise()
    }

    private func settle(_ root: EventID, _ stop: StopWish) async throws {
        let ledger = deployment.ledger
        let time = deployment.time
        let outcomes = ledger.signal(.outcomes)
        while true {
            let seen = outcomes.generation
            let isStopped = stop.signal != nil
            if try await ledger.reports.isQuiet(root: root, leavingWaits: isStopped) { return }
            if !isStopped { try await decide([], roots: [root]) }
            await outcomes.wait(after: seen, until: time.now + .seconds(2), time: time)
            try Task.checkCancellation()
        }
    }
}

extension EventTrace {
    /// The invocations of the event and then those of the events that it caused.
    package var allInvocations: [Invocation] { invocations.map(\.invocation) + effects.flatMap(\.allInvocations) }
}
