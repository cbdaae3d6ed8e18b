package import GuildDomain
import GuildLedger
package import GuildRuntime

// Following what the events set going.

extension EventDispatch {
    /// Runs everything that the events caused, and returns when nothing is left to do without a person. An event that
    /// was debounced into another's invocation waits for the end of that one's root. Of an event that was known, only
    /// its own runs and what they caused are waited for: others may have much to do for its root.
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
        follower.set(worker)
        ledger.watch()
        var invocations: [Invocation] = []
        for dispatch in dispatched where dispatch.decisions.contains(where: { $0.invocation != nil }) {
            let root = dispatch.event.root
            let isKnown = dispatch.reception == .duplicate
            let goal: FollowerGoal = isKnown ? .event(dispatch.event.id) : .root(root)
            try await deployment.hosting(root: root, worker: worker, observe: observe) {
                try await settle(goal, of: root, stop)
            }
            let trace = try await ledger.reports.trace(of: dispatch.event.id)
            invocations += trace?.allInvocations ?? []
            for joined in try await joined(trace, root: root) where !invocations.contains(where: { $0.id == joined.id })
            {
                let goal: FollowerGoal = isKnown ? .invocation(joined.id) : .root(joined.root)
                try await deployment.hosting(root: joined.root, worker: worker, observe: observe) {
                    try await settle(goal, of: joined.root, stop)
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

    /// Asks the events' runs to stop, and then their follower to stop waiting. The runs of events that were known
    /// belong to whoever sent them first: of those only what runs in this process is stopped.
    package func cancel(_ dispatched: [DispatchedEvent], _ stop: StopWish, signal: Int32) async throws {
        let ledger = deployment.ledger
        var runs: [InvocationID] = []
        for dispatch in dispatched where dispatch.reception != .duplicate {
            let trace = try await ledger.reports.trace(of: dispatch.event.id)
            runs += (trace?.allInvocations ?? []).filter { !$0.state.isFinal }.map(\.id)
        }
        if let worker = follower.worker {
            let own = try await ledger.invocations.held(by: worker)
            runs += own.filter { !runs.contains($0) }
        }
        for run in runs {
            _ = try await ledger.invocations.requestCancel(run, actor: actor, now: deployment.time.now)
        }
        stop.raise(signal)
        ledger.signal(.outcomes).raise()
    }

    private func settle(_ goal: FollowerGoal, of root: EventID, _ stop: StopWish) async throws {
        let time = deployment.time
        let outcomes = deployment.ledger.signal(.outcomes)
        while true {
            let seen = outcomes.generation
            let isStopped = stop.signal != nil
            if try await isReached(goal, isStopped: isStopped) { return }
            if !isStopped { try await decide([], roots: [root]) }
            await outcomes.wait(after: seen, until: time.now + .seconds(2), time: time)
            try Task.checkCancellation()
        }
    }

    /// - Parameter isStopped: then only what is under way is waited for, and of a known event what runs in this process.
    private func isReached(_ goal: FollowerGoal, isStopped: Bool) async throws -> Bool {
        let ledger = deployment.ledger
        switch goal {
        case .root(let root): return try await ledger.reports.isQuiet(root: root, leavingWaits: isStopped)
        case .event where isStopped, .invocation where isStopped:
            guard let worker = follower.worker else { return true }
            return try await !ledger.invocations.isHeld(by: worker)
        case .event(let event): return try await ledger.reports.trace(of: event)?.isQuiet ?? true
        case .invocation(let id):
            // Without one its window is still open, or was closed without a run.
            guard let run = try await ledger.invocations.find(id) else {
                return try await ledger.invocations.root(of: id) == nil
            }
            return run.isSettled
        }
    }
}
