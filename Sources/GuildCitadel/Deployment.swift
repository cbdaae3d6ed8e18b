package import GuildCodex
package import GuildConnectors
package import GuildDomain
import GuildEgress
package import GuildLedger
import GuildRuntime
package import GuildTransport
package import Logging

/// The parts that components are made of: one codex, one ledger, one HTTP client, one set of secrets.
package struct Deployment: Sendable {
    /// What a process is for, and so what it may say about the accepted head.
    package enum Role: Sendable {
        /// `guild serve`: what it takes up is accepted.
        case serving
        /// `guild run`: accepts what is checked out, as long as nobody serves.
        case running
        /// Another command that writes: obeys what is accepted.
        case writing
    }

    package let access: CodexAccess
    /// What is obeyed: limits, prices, models and connectors come from its head.
    package let codex: CurrentCodex
    /// What the settings name: the prompts and tools of work that this process begins. The head, unless another commit is
    /// accepted.
    package let asked: CodexSnapshot
    package let ledger: Ledger
    package let http: HTTPClient
    package let secrets: SecretResolver
    package let connectors: CurrentConnectors
    package let time: any TimeSource
    package let logger: Logger
    /// Raised when an event is held until it is known who we are.
    let held = Signal()
    /// Why the newest commit is not what this deployment began with; the last accepted one is then.
    package let refusal: CodexInvalid?
    /// Why what the settings name cannot be read, if the last accepted commit can and is what this deployment began with.
    package let unreadable: CodexRepositoryError?
    /// Whether a commit may say which secret goes where.
    let trustsCodex: Bool
    /// `user:NAME`: who started the process.
    let user: String
    let remark: @Sendable (String) -> Void
    private let role: Role
    /// What was accepted when this began.
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
        // Nobody's ledger begins with a codex that cannot run.
        if (try? newest.get())?.snapshot == nil, try access.ledgerHome().standing == .unknown {
            _ = try newest.get().get()
        }
        guard let location = try access.claimedHome(isMaking: true).location else {
            throw try access.ledgerHome().refusal
        }
        ledger = try settings.openLedger(location, busyTimeout: lockPatience)
        let accepted = try await ledger.acceptedHead().flatMap { CommitID($0) }
        acceptedBefore = accepted
        let result: LoadResult
        if role == .serving, case .failure(let damage as CodexRepositoryError) = newest, damage.isOfObjects,
            let accepted,
            // The newest commit's damage is what is to be told, also where it reaches the older one.
            let earlier = try? access.load(accepted, revision: accepted.short), earlier.snapshot != nil
        {
            (result, unreadable) = (earlier, damage)
        } else {
            (result, unreadable) = (try newest.get(), nil)
        }
        let mayMove =
            switch role {
            case .serving: true
            case .running: try await Self.mayMove(access, from: accepted, ledger)
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
                try await ledger.recordHead(
                    commit: invalid.commit, accepted: false, problems: invalid.errors.map(\.text), actor: "citadel",
                    now: time.now)
            }
            // An older commit that cannot be read any more says less than what is wrong with the newest.
            guard role == .serving, let accepted,
                let earlier = try? access.load(accepted, revision: accepted.short).get()
            else { throw invalid }
            asked = earlier
            codex = access.current(at: asked)
            refusal = invalid
        }
        if codex.head.commit != asked.commit { codex.stage(asked) }
        // What was told which commit to use heeds no newer one; what obeys the accepted one follows it.
        if role != .serving, codex.head.commit == accepted?.hex { codex.startFollowing() }
        http = HTTPClient(settings: HTTPClientSettings(environment: settings.environment))
        secrets = SecretResolver(
            redactor: redactor, trust: LedgerTrust(ledger: ledger), http: http, clock: time, logger: logger)
        connectors = CurrentConnectors(http: http, secrets: secrets, time: time)
        if trustsCodex, role != .serving { try await meetSecrets(of: codex.head, on: .codex, actor: user) }
    }

    /// Whether a run may have what is checked out accepted: nobody serves, and it is no step back.
    private static func mayMove(
        _ access: CodexAccess, from accepted: CommitID?, _ ledger: Ledger
    ) async throws -> Bool {
        guard access.isAtHead, try await !ledger.isServed() else { return false }
        guard let accepted else { return true }
        let commit = try access.tip()
        // What this repository does not have may well be newer.
        guard commit != accepted, access.isKnown(accepted) else { return commit == accepted }
        // A commit that cannot be read is refused for that, and is no step back.
        return (try? access.repository.isAncestor(commit, of: accepted)) != true
    }

    /// Has the commit of a single run accepted, where that is the run's to say; else the accepted one is obeyed.
    ///
    /// - Parameter isAttended: whether a person sits at a terminal.
    func acceptRun(actor: String, isAttended: Bool) async throws {
        guard role == .running, access.isAtHead, !asked.isWorktree, codex.head.commit == asked.commit else { return }
        pin(asked.commit)
        try await meetSecrets(of: asked, on: isAttended ? .run : .nobody, actor: actor)
        let budgets = BudgetLimits(asked)
        let isAccepted = try await ledger.acceptRun(
            asked.commit, after: acceptedBefore?.hex,
            setting: HeadLimits(
                limits: budgets.standing, rules: budgets.rules, recipients: budgets.alertRecipients),
            actor: actor, now: time.now)
        // Somebody was faster.
        if !isAccepted, let accepted = try await ledger.acceptedHead() { try await codex.follow(accepted) }
        codex.startFollowing()
    }

    /// Records that this commit is what runs now, with the limits it sets, and keeps it alive in the repository.
    package func acceptHead(actor: String) async throws { try await accept(codex.head, actor: actor) }

    func accept(_ snapshot: CodexSnapshot, actor: String) async throws {
        // Kept alive first: once it is accepted, work may name it.
        pin(snapshot.commit)
        try await meetSecrets(of: snapshot, on: .serve, actor: actor)
        // Uncommitted files are this process's own affair: no other can take them up.
        if !snapshot.isWorktree {
            try await ledger.recordHead(
                commit: snapshot.commit, accepted: true, problems: [], actor: actor, now: time.now)
        }
        let budgets = BudgetLimits(snapshot)
        try await ledger.noteLimits(
            budgets.standing, rules: budgets.rules, recipients: budgets.alertRecipients, now: time.now)
    }

    /// Keeps a commit alive by a ref of ours, so that a force-push and gc cannot take it.
    func pin(_ commit: String) {
        guard let id = CommitID(commit) else { return }
        do {
            try access.repository.pin(id)
        } catch {
            // A repository that we may only read still runs; what is lost is the safety from gc.
            logger.warning(
                "cannot keep the commit alive", metadata: ["commit": "\(commit)", "reason": "\(error.message)"])
        }
    }

    /// Lets go of the commits that neither run nor are named by unfinished work.
    ///
    /// Another process may put work on a commit between our look and our letting go, so what is in use afterwards is
    /// kept again; git prunes nothing that was reachable a moment ago.
    package func unpinUnused() async throws {
        var needed = try await commitsToKeep()
        let stale = try access.repository.pinnedCommits().filter { !needed.contains($0.hex) }
        guard !stale.isEmpty else { return }
        var failure: CodexRepositoryError?
        for commit in stale {
            // One that is locked holds up none of the others.
            do { try access.repository.unpin(commit) } catch { failure = error }
        }
        needed = try await commitsToKeep()
        for commit in stale where needed.contains(commit.hex) { pin(commit.hex) }
        if let failure { throw failure }
    }

    /// As `unpinUnused`; what fails now (git may be packing its refs) is done the next time.
    func sweepPins() async {
        do {
            try await unpinUnused()
        } catch {
            logger.debug("cannot let go of old commits", metadata: ["reason": "\(error)"])
        }
    }

    /// The heads, ours and the accepted one, and what unfinished work names.
    private func commitsToKeep() async throws -> Set<String> {
        var needed = try await ledger.commitsInUse()
        needed.insert(codex.head.commit)
        if let accepted = try await ledger.acceptedHead() { needed.insert(accepted) }
        return needed
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
            ledger: ledger, codex: codex, connectors: connectors, providers: providers, worker: worker, time: time,
            logger: logger)
        return Executor(parts, root: root, retry: retry, observe: observe)
    }

    func actionExecutor(worker: Worker, root: EventID? = nil) -> ActionExecutor {
        ActionExecutor(
            ledger: ledger, connectors: { [connectors, codex] in connectors.of(codex.head) }, worker: worker,
            root: root, settings: { [codex] in codex.head.settings },
            charges: { [codex] in codex.head.charges(operation: $0) }, time: time, logger: logger)
    }

    package func close() {
        http.shutdown()
        ledger.close()
    }
}
