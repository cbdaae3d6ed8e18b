package import GuildCodex
package import GuildConnectors
import GuildControl
package import GuildDomain
import GuildEgress
package import GuildLedger
import GuildRuntime
package import GuildTransport
package import Logging

/// The parts that components share: one codex, one ledger, one HTTP client, one set of secrets.
package struct Deployment: Sendable {
    /// The role of a process, which decides whether it may change the accepted head.
    package enum Role: Sendable {
        /// `guild serve`: accepts what it takes up.
        case serving
        /// `guild run`: accepts the checked-out commit as long as nobody serves.
        case running
        /// Another command that writes: uses the accepted head.
        case writing
    }

    /// The codex's repository.
    package let access: CodexAccess
    /// The codex in force: limits, prices, models and connectors come from its head.
    package let codex: CurrentCodex
    /// The codex of the settings, with the prompts and tools of work that this process begins. It is the head, unless
    /// another commit is accepted.
    package let asked: CodexSnapshot
    /// The ledger.
    package let ledger: Ledger
    /// The client for models, systems and secrets.
    package let http: HTTPClient
    /// Resolves the secrets that operators trust.
    package let secrets: SecretResolver
    /// The connectors of the codex in force.
    package let connectors: CurrentConnectors
    /// The clock.
    package let time: any TimeSource
    /// The log.
    package let logger: Logger
    /// Raised when an event is held until our identity is known.
    let held = Signal()
    let lackingSecrets = RecentAnswer<String, [EndpointSecrets]>(for: .seconds(2))
    /// Why this deployment did not begin with the newest commit; it then began with the last accepted one.
    package let refusal: CodexInvalid?
    /// Why the settings' commit cannot be read, if this deployment began with the last accepted one instead.
    package let unreadable: CodexRepositoryError?
    /// Whether the commit itself decides which secret goes where.
    let trustsCodex: Bool
    /// `user:NAME`: the user who started the process.
    let user: String
    let remark: @Sendable (String) -> Void
    private let role: Role
    /// The accepted commit at the beginning.
    private let acceptedBefore: CommitID?

    /// Opens codex and ledger.
    ///
    /// - Parameter lockPatience: how long to wait for a lock that another program holds on the ledger.
    /// - Throws: `CodexInvalid`; the refusal is then in the audit log, if it is this process's to say.
    package init(
        _ settings: Settings, redactor: Redactor, lockPatience: Duration = .seconds(5), role: Role = .running
    ) async throws {
        var settings = settings
        settings.isServing = role == .serving
        let access = try CodexAccess(settings)
        self.access = access
        time = settings.time
        logger = settings.logger
        self.role = role
        trustsCodex = settings.trustsCodex
        user = settings.user
        remark = settings.remark
        let newest = Result { try access.load() }
        // No ledger begins with a codex that cannot run.
        if (try? newest.get())?.snapshot == nil, try access.ledgerHome().standing == .unknown {
            _ = try newest.get().get()
        }
        guard let location = try access.claimedHome(isMaking: true).location else {
            throw try access.ledgerHome().refusal
        }
        ledger = try settings.openLedger(location, busyTimeout: lockPatience)
        ledger.damage.report { [logger] fault in
            logger.error("\(fault.message)", metadata: ["hint": "\(fault.hint ?? "")"])
        }
        let accepted = try await ledger.codex.acceptedHead().flatMap { CommitID($0) }
        acceptedBefore = accepted
        let (result, damage) = try Self.beginning(with: newest, after: accepted, access, role)
        unreadable = damage
        let mayMove =
            switch role {
            case .serving: true
            case .running: try await Self.mayMove(access, from: accepted, ledger.codex)
            case .writing: false
            }
        let judged = role == .serving ? access.judged(result, after: accepted) : result
        if let snapshot = judged.snapshot {
            asked = snapshot
            let obeyed = mayMove ? nil : accepted
            codex = access.current(at: try obeyed.map { try access.accepted($0, or: result) } ?? snapshot)
            refusal = nil
        } else {
            let invalid = CodexInvalid(
                revision: judged.revision, commit: judged.commit, problems: judged.problems)
            if mayMove {
                try await ledger.codex.recordHead(
                    commit: invalid.commit, accepted: false, problems: invalid.errors.map(\.text), actor: "citadel",
                    now: time.now)
            }
            // If the older commit is unreadable too, the problem of the newest is more useful.
            guard role == .serving, let accepted,
                let earlier = try? access.load(accepted, revision: accepted.short).get()
            else { throw invalid }
            asked = earlier
            codex = access.current(at: asked)
            refusal = invalid
        }
        if codex.head.commit != asked.commit { codex.stage(asked) }
        // A process with a fixed commit ignores newer ones; a process on the accepted commit follows it.
        if role != .serving, codex.head.commit == accepted?.hex { codex.startFollowing() }
        http = HTTPClient(settings: HTTPClientSettings(environment: settings.environment))
        secrets = SecretResolver(
            redactor: redactor, trust: LedgerTrust(secrets: ledger.secrets), http: http, clock: time, logger: logger)
        connectors = CurrentConnectors(http: http, secrets: secrets, time: time)
        if trustsCodex, role != .serving { try await meetSecrets(of: codex.head, on: .codex, actor: user) }
    }

    /// Loads the newest commit. If its objects are damaged, `serve` begins with the last accepted commit instead and
    /// reports the damage. A command that only writes does so whatever is wrong with the newest, with a remark: it acts
    /// on what is in force.
    private static func beginning(
        with newest: Result<LoadResult, any Error>, after accepted: CommitID?, _ access: CodexAccess, _ role: Role
    ) throws -> (LoadResult, CodexRepositoryError?) {
        if role == .writing, let accepted {
            do {
                let result = try newest.get()
                _ = try result.get()
                return (result, nil)
            } catch {
                return (try access.loadAccepted(accepted, insteadOf: error), nil)
            }
        }
        guard role == .serving, case .failure(let damage as CodexRepositoryError) = newest, damage.isOfObjects,
            let accepted,
            // Report the newest commit's damage, even if it affects the older one.
            let earlier = try? access.load(accepted, revision: accepted.short), earlier.snapshot != nil
        else { return (try newest.get(), nil) }
        return (earlier, damage)
    }

    /// Whether a run may accept the checked-out commit: nobody serves, and the commit is not older.
    private static func mayMove(
        _ access: CodexAccess, from accepted: CommitID?, _ ledger: CodexLedger
    ) async throws -> Bool {
        guard access.isAtHead, try await !ledger.isServed() else { return false }
        guard let accepted else { return true }
        let commit = try access.tip()
        // An accepted commit that this repository lacks may well be newer.
        guard commit != accepted, access.repository.has(accepted) else { return commit == accepted }
        // An unreadable commit is refused for that reason, not as a step back.
        return (try? access.repository.history.isAncestor(commit, of: accepted)) != true
    }

    /// The codexes in which a command of an operator finds what it names.
    package var operated: OperatedCodex {
        OperatedCodex(inForce: codex.head, asked: asked, isAtHead: access.isAtHead)
    }

    /// Accepts the commit of a single run, if the run may decide that; otherwise uses the accepted one.
    ///
    /// - Parameter isAttended: whether a person sits at a terminal.
    func acceptRun(actor: String, isAttended: Bool) async throws {
        guard role == .running, access.isAtHead, !asked.isWorktree, codex.head.commit == asked.commit else { return }
        pin(asked.commit)
        try await meetSecrets(of: asked, on: isAttended ? .run : .nobody, actor: actor)
        let budgets = BudgetLimits(asked)
        let isAccepted = try await ledger.codex.acceptRun(
            asked.commit, after: acceptedBefore?.hex,
            setting: HeadLimits(
                limits: budgets.standing, rules: budgets.rules, recipients: budgets.alertRecipients),
            actor: actor, now: time.now)
        // Somebody was faster.
        if !isAccepted, let accepted = try await ledger.codex.acceptedHead() { try await codex.follow(accepted) }
        codex.startFollowing()
    }

    /// Records that this commit is in force, with its limits, and protects it in the repository.
    package func acceptHead(actor: String) async throws { try await accept(codex.head, actor: actor) }

    func accept(_ snapshot: CodexSnapshot, actor: String) async throws {
        // Kept alive first: once it is accepted, work may name it.
        pin(snapshot.commit)
        try await meetSecrets(of: snapshot, on: .serve, actor: actor)
        // Uncommitted files are this process's own affair: no other can take them up.
        if !snapshot.isWorktree {
            try await ledger.codex.recordHead(
                commit: snapshot.commit, accepted: true, problems: [], actor: actor, now: time.now)
        }
        let budgets = BudgetLimits(snapshot)
        try await ledger.budgets.noteLimits(
            budgets.standing, rules: budgets.rules, recipients: budgets.alertRecipients, now: time.now)
    }

    /// Protects a commit by a ref of ours, so that a force-push and gc cannot remove it.
    func pin(_ commit: String) {
        guard let id = CommitID(commit) else { return }
        do {
            try access.repository.pins.add(id)
        } catch {
            // A repository that guild may only read still works; only the protection from gc is missing.
            logger.warning(
                "cannot protect the commit from git gc",
                metadata: ["commit": "\(commit)", "reason": "\(error.message)"])
        }
    }

    /// Releases the commits that neither run nor belong to unfinished work.
    ///
    /// Another process may start work on a commit between our check and the release, so commits in use afterwards are
    /// protected again; git prunes nothing that was reachable a moment ago.
    package func unpinUnused() async throws {
        var needed = try await commitsToKeep()
        let stale = try access.repository.pins.all().filter { !needed.contains($0.hex) }
        guard !stale.isEmpty else { return }
        var failure: CodexRepositoryError?
        for commit in stale {
            // One that is locked holds up none of the others.
            do { try access.repository.pins.remove(commit) } catch { failure = error }
        }
        needed = try await commitsToKeep()
        for commit in stale where needed.contains(commit.hex) { pin(commit.hex) }
        if let failure { throw failure }
    }

    /// Like `unpinUnused`; a failure now (git may be packing its refs) is made up the next time.
    func sweepPins() async {
        do {
            try await unpinUnused()
        } catch {
            logger.debug("cannot release old commits", metadata: ["reason": "\(error)"])
        }
    }

    /// The heads, ours and the accepted one, and the commits of unfinished work.
    private func commitsToKeep() async throws -> Set<String> {
        var needed = try await ledger.codex.commitsInUse()
        needed.insert(codex.head.commit)
        if let accepted = try await ledger.codex.acceptedHead() { needed.insert(accepted) }
        return needed
    }

    /// - Parameters:
    ///   - roots: decides only events of these roots; nil means all.
    ///   - codex: decides by this one; nil means the one in force.
    func dispatcher(roots: [EventID]? = nil, by codex: CurrentCodex? = nil) -> Dispatcher {
        Dispatcher(
            dispatch: ledger.dispatch, events: ledger.events, budgets: ledger.budgets, codex: codex ?? self.codex,
            roots: roots, time: time, logger: logger)
    }

    func scheduler() -> Scheduler {
        Scheduler(schedules: ledger.schedules, budgets: ledger.budgets, codex: codex, time: time, logger: logger)
    }

    func executor(
        worker: Worker, root: EventID? = nil, substitute: ModelProviders.Substitute? = nil, retry: RetryPolicy? = nil,
        observe: (@Sendable (RunEvent) -> Void)? = nil
    ) -> Executor {
        let providers = ModelProviders(
            client: http, secrets: secrets, substitute: substitute,
            idleTimeout: codex.head.settings.modelIdleTimeout.value
        ) { observe?(.notRecorded($0)) }
        let parts = Executor.Parts(
            ledger: ledger.runs, codex: codex, connectors: connectors, providers: providers, worker: worker, time: time,
            logger: logger)
        return Executor(parts, root: root, retry: retry, observe: observe)
    }

    func actionExecutor(worker: Worker, root: EventID? = nil) -> ActionExecutor {
        let parts = ActionExecutor.Parts(
            actions: ledger.actions, events: ledger.events, invocations: ledger.invocations, codex: codex,
            connectors: connectors, worker: worker, time: time, logger: logger)
        return ActionExecutor(parts, root: root)
    }

    /// Closes the ledger and ends the client.
    package func close() {
        http.shutdown()
        ledger.close()
    }
}
