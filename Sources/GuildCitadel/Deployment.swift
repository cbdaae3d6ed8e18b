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
    package let access: CodexAccess
    package let codex: CurrentCodex
    package let ledger: Ledger
    package let http: HTTPClient
    package let secrets: SecretResolver
    package let connectors: CurrentConnectors
    package let time: any TimeSource
    package let logger: Logger
    /// Why the newest commit is not what this deployment began with; the last accepted one is then.
    package let refusal: CodexInvalid?

    /// Opens codex and ledger.
    ///
    /// - Parameters:
    ///   - lockPatience: how long to wait for a lock that another program holds on the ledger.
    ///   - resumes: where the newest commit is invalid, begin with the one that was accepted last.
    /// - Throws: `CodexInvalid`; the refusal is then in the audit log.
    package init(
        _ settings: Settings, redactor: Redactor, lockPatience: Duration = .seconds(5), resumes: Bool = false
    ) async throws {
        access = try CodexAccess(settings)
        time = settings.time
        logger = settings.logger
        ledger = try Ledger(at: try access.ledgerLocation(), busyTimeout: lockPatience)
        let accepted = try await ledger.acceptedHead().flatMap { CommitID($0) }
        do {
            let result = try access.load()
            codex = access.current(at: try (resumes ? access.judged(result, after: accepted) : result).get())
            refusal = nil
        } catch let invalid as CodexInvalid {
            try await ledger.recordHead(
                commit: invalid.commit, accepted: false, problems: invalid.errors.map(\.text), actor: "citadel",
                now: time.now)
            guard resumes, let accepted else { throw invalid }
            codex = access.current(at: try access.load(accepted, revision: accepted.short).get())
            refusal = invalid
        }
        http = HTTPClient(settings: HTTPClientSettings(environment: settings.environment))
        secrets = SecretResolver(redactor: redactor, http: http, clock: time, logger: logger)
        connectors = CurrentConnectors(http: http, secrets: secrets, time: time)
    }

    /// Records that this commit is what runs now, with the limits it sets, and keeps it alive in the repository.
    package func acceptHead(actor: String) async throws { try await accept(codex.head, actor: actor) }

    func accept(_ snapshot: CodexSnapshot, actor: String) async throws {
        // Kept alive first: once it is accepted, work may name it.
        pin(snapshot.commit)
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
        observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) -> Executor {
        let providers = ModelProviders(
            client: http, secrets: secrets, substitute: substitute,
            idleTimeout: codex.head.settings.modelIdleTimeout.value
        ) { [logger] problem in
            logger.error("recording failed", metadata: ["reason": "\(problem.message)"])
        }
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
