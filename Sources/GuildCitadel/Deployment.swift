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

    /// Opens codex and ledger.
    ///
    /// - Parameter lockPatience: how long to wait for a lock that another program holds on the ledger.
    /// - Throws: `CodexInvalid`; the refusal is then in the audit log.
    package init(
        _ settings: Settings, redactor: Redactor, lockPatience: Duration = .seconds(5)
    ) async throws {
        access = try CodexAccess(settings)
        time = settings.time
        logger = settings.logger
        ledger = try Ledger(at: try access.ledgerLocation(), busyTimeout: lockPatience)
        do {
            codex = try access.current()
        } catch let invalid as CodexInvalid {
            try await ledger.recordHead(
                commit: invalid.revision, accepted: false, problems: invalid.errors.map(\.text), actor: "citadel",
                now: time.now)
            throw invalid
        }
        http = HTTPClient(settings: HTTPClientSettings(environment: settings.environment))
        secrets = SecretResolver(redactor: redactor, http: http, clock: time, logger: logger)
        connectors = CurrentConnectors(http: http, secrets: secrets, time: time)
    }

    /// Records that this commit is what runs now, and keeps it alive in the repository.
    package func acceptHead(actor: String) async throws {
        let commit = codex.head.commit
        try await ledger.recordHead(commit: commit, accepted: true, problems: [], actor: actor, now: time.now)
        let budgets = BudgetLimits(codex.head)
        try await ledger.noteLimits(
            budgets.standing, rules: budgets.rules, recipients: budgets.alertRecipients, now: time.now)
        try pin(commit)
    }

    /// Keeps a commit alive by a ref of ours, so that a force-push and gc cannot take it.
    func pin(_ commit: String) throws {
        guard let id = CommitID(commit) else { return }
        do {
            try access.repository.pin(id)
        } catch {
            // A repository that we may only read still runs; what is lost is the safety from gc.
            logger.warning(
                "cannot keep the commit alive", metadata: ["commit": "\(commit)", "reason": "\(error.message)"])
        }
    }

    /// Lets go of the commits that neither runs nor is named by unfinished work.
    package func unpinUnused() async throws {
        var needed = try await ledger.commitsInUse()
        needed.insert(codex.head.commit)
        for commit in try access.repository.pinnedCommits() where !needed.contains(commit.hex) {
            try access.repository.unpin(commit)
        }
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
            root: root, settings: { [codex] in codex.head.settings }, time: time, logger: logger)
    }

    package func close() {
        http.shutdown()
        ledger.close()
    }
}
