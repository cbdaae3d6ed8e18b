import GuildCodex
import GuildConnectors
package import GuildDomain
import GuildEgress
package import GuildLedger
package import GuildRuntime
import GuildTransport
import Logging
import Synchronization

/// The request of `guild run`.
package struct RunRequest: Sendable {
    /// The agent's name.
    package var agent: String
    /// The options of the command line.
    package var options: RunOptions
    /// The event to run on; nil makes one of system `cli`.
    package var event: Event?
    /// The requesting user: `user:NAME`.
    package var user: String
    /// An invocation to continue with, instead of a new one of `agent`.
    package var resumed: InvocationID?
    /// Replaces or records the model's answers.
    package var substitute: ModelProviders.Substitute?
    /// Asks the person at the terminal whether these secrets may be used so; nil if nobody is there.
    package var trust: (@Sendable ([SecretPair]) throws -> Bool)?

    package init(agent: String, options: RunOptions, event: Event? = nil, user: String) {
        self.agent = agent
        self.options = options
        self.event = event
        self.user = user
    }
}

/// How a run came out.
package struct RunOutcome: Sendable {
    /// The invocation at its end.
    package let invocation: Invocation
    /// Why it failed; nil if it did not.
    package var failure: Failure?
    /// The actions that wait for a person.
    package let awaiting: [Action]
    /// The recorded turns.
    package let turns: [JournalledTurn]
    /// The actions that a person or the system refused, and that no later one made up for.
    package var refused: [Action] = []
    /// The actions that were done.
    package var done: [Action] = []
    /// The caps that some of `awaiting` wait at.
    package var standings: [ActionID: CapStanding] = [:]
    /// The actions of other runs that an approval has let out too.
    package var released: [Action] = []
    /// Why an answer is not in the recording that was asked for.
    package var notRecorded: Failure?
    /// The actions that are still to be done, later than a person would wait for.
    package var left: [Action] = []
    /// The writes that the manifest or a policy refused, and that none of the same kind and subject made up for.
    package var blocked: [ToolCall] = []

    /// 0 done, 1 an action failed, 4 stopped by a budget, 5 waiting for approval or refused by a person or a policy, 6
    /// an action is still open, 130 cancelled, otherwise the failure's own.
    package var exitStatus: Int32 {
        switch invocation.state {
        case .succeeded where refused.contains { $0.state == .rejected }: ErrorKind.refused.exitStatus
        case .succeeded where !refused.isEmpty: ErrorKind.failed.exitStatus
        case .succeeded where !blocked.isEmpty || !awaiting.isEmpty: ErrorKind.refused.exitStatus
        case .succeeded where !left.isEmpty: ErrorKind.unavailable.exitStatus
        case .succeeded: notRecorded?.kind.exitStatus ?? 0
        case .cancelled: ErrorKind.interrupted.exitStatus
        case .waiting where invocation.waitReason == .budget: ErrorKind.outOfBudget.exitStatus
        case .waiting: ErrorKind.refused.exitStatus
        default: failure?.kind.exitStatus ?? ErrorKind.failed.exitStatus
        }
    }
}

/// Runs one invocation in the foreground, by the same road as `serve`: it records an event and its decision, then hosts
/// an executor and an action executor that claim only their own root.
package struct HostedRun: Sendable {
    /// A person waits, so fewer and faster retries than under `serve`.
    private static let retry = RetryPolicy(limit: 2, base: .milliseconds(500), cap: .seconds(5))

    /// A budget that has room again this soon is waited for.
    private static let budgetPatience = Duration.seconds(65)

    /// An action that is tried again this soon is waited for, though its invocation has ended: some systems ask for a minute.
    private static let actionPatience = Duration.seconds(150)

    /// How long the report of a wait may take before the person is asked without it. A run that another process
    /// continued reports nothing here.
    private static let reportPatience = Duration.seconds(2)

    /// Asked for each action that waits for a person; nil leaves it waiting.
    package typealias Approve = @Sendable (Action) async throws -> (approve: Bool, reason: String?)?

    /// The parts that the run uses.
    package let deployment: Deployment
    private let request: RunRequest

    /// - Throws: if the agent, or its model or the one that is asked for, is not in the codex, with the nearest name.
    package init(_ request: RunRequest, in deployment: Deployment) throws(Failure) {
        self.deployment = deployment
        self.request = request
        guard request.resumed == nil else { return }
        let agent = try agent()
        do throws(NoModel) {
            _ = try ModelSelection.candidates(for: agent, override: request.options.model, in: deployment.asked)
        } catch {
            throw Failure(error.kind, error.message, hint: error.hint)
        }
    }

    private func agent() throws(Failure) -> AgentManifest {
        let asked = deployment.asked
        guard let agent = asked.agent(request.agent) else { throw asked.unknownAgent(request.agent) }
        return agent
    }

    /// Runs until the invocation ends, or waits for a person who is absent.
    package func run(
        observe: @escaping @Sendable (RunEvent) -> Void, approve: @escaping Approve
    ) async throws -> RunOutcome {
        let ledger = deployment.ledger
        let time = deployment.time
        try await deployment.acceptRun(actor: request.user, isAttended: request.trust != nil)
        try await settleTrust()
        let worker = try await ledger.workers.register(
            components: ["run"], version: GuildVersion.current, now: time.now)
        let (root, invocation): (EventID, InvocationID)
        if let resumed = request.resumed {
            (root, invocation) = try await resume(resumed, worker)
        } else {
            (root, invocation) = try await begin(worker)
        }
        let lastFailure = FailureBox()
        let notRecorded = FailureBox()
        let blocked = Mutex<[ToolCall]>([])
        let reports = WaitReports()
        var outcome = try await deployment.hosting(
            root: root, worker: worker, substitute: request.substitute, retry: Self.retry
        ) { event in
            switch event {
            case .ended(invocation, _, _, let failure): lastFailure.set(failure)
            case .asked(let call) where call.blockedSubject != nil: blocked.withLock { $0.append(call) }
            case .outOfBudget(invocation, let refusal, _): lastFailure.set(Self.failure(refusal, of: invocation))
            case .notRecorded(let failure): notRecorded.set(failure)
            default: break
            }
            observe(event)
            if case .waiting(invocation, _) = event {
                reports.add()
                ledger.signal(.outcomes).raise()
            }
        } until: {
            try await follow(invocation, reports, observe, approve)
        }
        let done = outcome.done
        outcome.blocked = blocked.withLock { $0 }.filter { call in
            !done.contains { $0.operation == call.name && $0.subject == call.blockedSubject }
        }
        // The ledger reports the end before the executor reports the reason; only now has the executor certainly
        // reported it.
        if outcome.invocation.state.isFinal || outcome.invocation.waitReason == .budget {
            outcome.failure = lastFailure.get()
        }
        outcome.notRecorded = notRecorded.get()
        try await ledger.workers.unregister(worker, now: time.now)
        return outcome
    }

    /// Starts nothing that would stop at an untrusted secret: it asks the person, or says what to do.
    private func settleTrust() async throws {
        guard request.resumed == nil else { return }
        let isReplayed = if case .replay? = request.substitute { true } else { false }
        let pairs = try await deployment.untrusted(for: try agent(), request.options, isReplayed: isReplayed)
        guard let first = pairs.first else { return }
        guard try request.trust?(pairs) == true else {
            let more = pairs.count > 1 ? ", and \(pairs.count - 1) more" : ""
            let isRevoked = try await deployment.ledger.secrets.state(of: first) == .revoked
            let state = isRevoked ? "trust \(first.use.purpose) is revoked" : "not trusted \(first.use.purpose)"
            throw Failure(
                .refused, "secret \(first.reference): \(state)\(more)",
                hint: "an operator must trust it once: guild registry trust \(pairs.map(\.id).joined(separator: " "))"
                    + (isRevoked ? "" : "; or pass --trust-codex if the branch is protected"))
        }
        _ = try await deployment.ledger.secrets.setTrust(
            pairs, to: .trusted, commit: deployment.asked.commit, actor: request.user, now: deployment.time.now)
    }

    /// Asks the invocation to stop: the call under way is settled, and the run ends as cancelled.
    package func cancel(_ id: InvocationID) async throws {
        _ = try await deployment.ledger.invocations.requestCancel(id, actor: request.user, now: deployment.time.now)
    }

    /// The advice for a budget, and how to continue after it.
    private static func failure(_ refusal: BudgetExceeded, of invocation: InvocationID) -> Failure {
        let hint = refusal.hint.map { "\($0); then " } ?? ""
        return Failure(
            .outOfBudget, refusal.message,
            hint: "\(hint)`guild run --resume \(invocation)`, or a running `guild serve`, continues it")
    }

    /// Takes up an invocation that waits, or that nobody has taken up yet.
    private func resume(_ id: InvocationID, _ worker: Worker) async throws -> (EventID, InvocationID) {
        let invocation = try await deployment.ledger.budgets.resume(
            id, for: worker.id, actor: request.user, now: deployment.time.now)
        guard let invocation else {
            throw Failure(
                .usage, "there is no invocation '\(id)'", hint: "`guild audit log --kind 'invocation.*'` lists them")
        }
        guard !invocation.state.isFinal else {
            throw Failure(
                .usage, "invocation \(id) has ended already: it \(invocation.state.rawValue)",
                hint: "`guild audit show \(id)` shows how; `guild run \(invocation.agent)` starts a new one")
        }
        return (invocation.root, id)
    }

    private func begin(_ worker: Worker) async throws -> (EventID, InvocationID) {
        let now = deployment.time.now
        let agent = try agent()
        let event = (request.event ?? cliEvent(agent, now)).masked(by: deployment.secrets, deployment.codex.head)
        let id = InvocationID(now: now)
        let decision = Decision(
            rule: "cli", agent: agent.name, outcome: .dispatched, reasons: ["\(request.user) asked for it"],
            invocation: NewInvocation(
                id: id, agent: agent.name, chapter: agent.chapter, priority: event.priority,
                options: deployment.secrets.redactor.maskedData(request.options.json)))
        let commit = deployment.asked.commit
        deployment.pin(commit)
        try await deployment.ledger.dispatch.beginRun(
            event, decision, actor: request.user, commit: commit, lease: worker.lease(now: now), now: now)
        // A process that swept between the two saw nothing that names the commit.
        deployment.pin(commit)
        return (event.root, id)
    }

    private func cliEvent(_ agent: AgentManifest, _ now: Timestamp) -> Event {
        let user = request.user.split(separator: ":").last.map(String.init) ?? "unknown"
        let data: JSONValue = ["agent": .string(agent.name), "request": request.options.json]
        var event = Event(
            id: EventID(now: now), source: "/cli/\(user)", type: Event.runRequested, subject: agent.name, time: now,
            system: "cli", payload: data.bytes())
        event.chapter = agent.chapter
        return event
    }

    /// Waits for the end, and for actions that are done soon after it, deciding approvals on the way.
    private func follow(
        _ id: InvocationID, _ reports: WaitReports, _ observe: @Sendable (RunEvent) -> Void, _ approve: Approve
    ) async throws -> RunOutcome {
        let ledger = deployment.ledger
        let time = deployment.time
        let outcomes = ledger.signal(.outcomes)
        var released: [Action] = []
        var told: [ActionID: Timestamp] = [:]
        var unreportedSince: Timestamp?
        // One that is resumed may wait since another process ran it.
        if request.resumed != nil, try await ledger.invocations.find(id)?.waitReason == .approval { reports.add() }
        while true {
            let seen = outcomes.generation
            guard let invocation = try await ledger.invocations.find(id) else {
                throw Failure(.failed, "invocation \(id) is not in the ledger")
            }
            let actions = try await ledger.actions.list(of: id)
            let open = actions.filter { $0.state == .queued || $0.state == .running }
            let awaiting = actions.filter { $0.state == .awaiting }
            for action in open where action.attempt > 0 && told[action.id] != action.availableAt {
                guard action.state == .queued, action.availableAt > time.now else { continue }
                told[action.id] = action.availableAt
                let reason = "\(action.operation) on \(action.subject): \(action.error ?? "not done yet")"
                observe(.retrying(id, reason: reason, at: action.availableAt))
            }
            if invocation.state.isFinal {
                let isEndless = open.contains { $0.availableAt > time.now + Self.actionPatience }
                if invocation.state != .succeeded || open.isEmpty || isEndless {
                    return try await outcome(invocation, awaiting, released)
                }
                await outcomes.wait(after: seen, until: time.now + .seconds(5), time: time)
                try Task.checkCancellation()
                continue
            }
            if invocation.state == .waiting, invocation.waitReason == .approval {
                // The ledger knows of the wait before the executor has reported what led to it.
                if !reports.take() {
                    let since = unreportedSince ?? time.now
                    unreportedSince = since
                    if time.now < since + Self.reportPatience {
                        await outcomes.wait(after: seen, until: since + Self.reportPatience, time: time)
                        try Task.checkCancellation()
                        continue
                    }
                }
                unreportedSince = nil
                let left = try await decide(awaiting, approve, &released)
                guard !left.isEmpty else { continue }
                // The person who was asked may have ended the run instead.
                let now = try await ledger.invocations.find(id) ?? invocation
                return try await outcome(now, now.state.isFinal ? [] : left, released)
            }
            if invocation.state == .waiting, invocation.waitReason == .budget, try await !freesUpSoon(id) {
                return try await outcome(invocation, [], released)
            }
            await outcomes.wait(after: seen, until: time.now + .seconds(5), time: time)
            try Task.checkCancellation()
        }
    }

    private func freesUpSoon(_ id: InvocationID) async throws -> Bool {
        guard let wait = try await deployment.ledger.budgets.wait(of: id) else { return true }
        return wait.freesUpAt.map { $0 <= deployment.time.now + Self.budgetPatience } ?? false
    }

    /// - Parameter released: takes the actions of other runs that go with one.
    /// - Returns: the actions that nobody decided.
    private func decide(
        _ awaiting: [Action], _ approve: Approve, _ released: inout [Action]
    ) async throws -> [Action] {
        var left: [Action] = []
        for action in awaiting {
            // An earlier yes may have let it out of its cap already.
            guard try await deployment.ledger.actions.find(action.id)?.state == .awaiting else { continue }
            guard let (isApproved, reason) = try await approve(action) else {
                left.append(action)
                continue
            }
            let now = deployment.time.now
            do {
                let ruling = try await deployment.ledger.actions.decide(
                    action.id, approve: isApproved, actor: request.user, reason: reason,
                    waitUntil: now + deployment.codex.head.settings.actionWait.value, now: now)
                released += (ruling.grant?.followers ?? []).filter { $0.invocation != action.invocation }
            } catch ApprovalFailure.decided {
                // Somebody elsewhere was faster; theirs counts.
                continue
            }
        }
        return left
    }

    private func outcome(
        _ invocation: Invocation, _ awaiting: [Action], _ released: [Action]
    ) async throws -> RunOutcome {
        let actions = try await deployment.ledger.actions.list(of: invocation.id)
        let done = actions.filter { $0.state == .succeeded }
        let refused = actions.filter { action in
            guard action.state == .failed || action.state == .rejected else { return false }
            return !done.contains {
                ($0.turn, $0.position) > (action.turn, action.position) && $0.operation == action.operation
                    && $0.subject == action.subject
            }
        }
        return RunOutcome(
            invocation: invocation, failure: nil, awaiting: awaiting,
            turns: try await deployment.ledger.invocations.turns(of: invocation.id), refused: refused, done: done,
            standings: try await deployment.ledger.actions.capStandings(of: awaiting, now: deployment.time.now),
            released: released,
            left: invocation.state.isFinal ? actions.filter { $0.state == .queued || $0.state == .running } : [])
    }
}
