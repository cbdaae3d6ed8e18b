import GuildCodex
package import GuildConnectors
package import GuildControl
import GuildDomain
import GuildHTTP
import GuildIngress
import GuildLedger
package import GuildRuntime
import Logging
import ServiceLifecycle
import UnixSignals

/// `guild serve`: builds the named components over one ledger and runs them as one service group.
package struct Serve: Sendable {
    /// The default address.
    package static let defaultAddress = "127.0.0.1:8484"
    /// How long a graceful shutdown may take before the remaining work is stopped and put back.
    private static let drainTimeout = Duration.seconds(30)
    /// A backup by another program may lock the ledger for a while; that is not a reason to end.
    private static let lockPatience = Duration.seconds(30)
    /// How long a request waits for it: senders of webhooks wait some ten seconds for their answer.
    private static let requestPatience = Duration.seconds(5)

    /// The components to run.
    package var components: [Component]
    /// The address to listen on.
    package var listen: String?
    /// Peers whose `X-Forwarded-For` counts, as addresses or blocks; nil trusts loopback.
    package var trustedProxies: [String]?
    /// Names beside loopback and the address listened on that a request may be for.
    package var hosts: [String]
    /// Finish the waiting work and exit.
    package var once: Bool
    /// A branch of a remote repository to fetch and serve, in place of the revision that the settings name.
    package var remote: RemoteBranch?
    /// Called with everything that the invocations of this process do, as it happens.
    package var observe: (@Sendable (RunEvent) -> Void)?

    package init(
        components: [Component], listen: String? = nil, trustedProxies: [String]? = nil, hosts: [String] = [],
        once: Bool = false, remote: RemoteBranch? = nil,
        observe: (@Sendable (RunEvent) -> Void)? = nil
    ) {
        self.components = components
        self.listen = listen
        self.trustedProxies = trustedProxies
        self.hosts = hosts
        self.once = once
        self.remote = remote
        self.observe = observe
    }

    /// Runs until SIGTERM or SIGINT, or until everything is done with `once`.
    ///
    /// - Parameter onListening: called with the address once connections are taken.
    package func run(
        _ settings: Settings, redactor: Redactor, onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        let address = try listenAddress()
        let door = try Door(listen: address, trustedProxies: trustedProxies, hosts: hosts)
        // A second process that is started by mistake must not touch the ledger before it finds that out.
        try address?.requireFree()
        let descriptors = DescriptorLimit.raise()
        MemoryReturn.ofLargeBlocks()
        let settings = try await withRemote(settings)
        let deployment = try await Deployment(
            settings, redactor: redactor, lockPatience: Self.lockPatience, role: .serving)
        defer { deployment.close() }
        try await deployment.requireOwnSchema()
        try deployment.access.repository.separateReading()
        try await beginWithHead(deployment, isListening: address != nil)
        let worker = try await deployment.ledger.workers.register(
            components: components.map(\.rawValue), version: GuildVersion.current, now: deployment.time.now)
        try await takeUpWork(deployment, worker)
        deployment.ledger.watch()
        var services = services(deployment, worker)
        let loading = HeadLoading()
        let reload = CodexReload(
            deployment: deployment, remote: remote, git: GitProgram(environment: settings.environment),
            loading: loading, worker: worker.id)
        // HTTP components are ready when their port is bound; the others after their first look into the ledger.
        let answering = address == nil ? [] : components.filter(\.speaksHTTP)
        if let address {
            services.append(
                listener(deployment, address, door.limited(to: descriptors), reload.requests, loading) {
                    [logger = deployment.logger] bound in
                    Self.announce(answering, logger)
                    onListening(bound)
                })
        }
        services.append(reload)
        if !once { services.append(Housekeeping(deployment: deployment)) }
        if components.contains(.registry), !once { services.append(anchoring(deployment)) }
        if components.contains(.webhookGateway) {
            services.append(IdentityLookup(deployment: deployment, held: deployment.held))
        }
        if components.contains(.executor) {
            services.append(
                AlertWatch(
                    budgets: deployment.ledger.budgets, outcomes: deployment.ledger.reports.outcomes,
                    time: deployment.time, logger: deployment.logger))
        }
        // The last one is the first to learn of a shutdown.
        services.append(
            DrainNotice(
                invocations: deployment.ledger.invocations, worker: worker, timeout: Self.drainTimeout,
                logger: deployment.logger))
        let drained = once ? drain(deployment) : nil
        let group = ServiceGroup(configuration: configuration(services, drained, deployment.logger))
        Self.announce(components.filter { !answering.contains($0) }, deployment.logger)
        try Self.waitForLocks(deployment)
        try await group.run()
        deployment.ledger.stopWaitingForLocks()
        try await deployment.ledger.workers.unregister(worker, now: deployment.time.now)
    }

    /// A lock on the ledger is not a reason to end: work waits for it, and HTTP callers are asked to retry.
    private static func waitForLocks(_ deployment: Deployment) throws {
        try deployment.ledger.waitForLocks { [logger = deployment.logger, path = deployment.ledger.location.path] in
            if $0 {
                logger.warning(
                    "another process locks the ledger: writes wait, deliveries are answered 503",
                    metadata: ["ledger": "\(path)", "hint": "find the other process (`fuser` on the file)"])
            } else {
                logger.notice("the ledger is writable again", metadata: ["ledger": "\(path)"])
            }
        }
    }

    /// The settings with the remote's branch in place of the revision. The first fetch may fail if an earlier one has
    /// left a commit to serve.
    private func withRemote(_ settings: Settings) async throws -> Settings {
        guard let remote else { return settings }
        guard !settings.usesWorktree else {
            throw Failure(.usage, "a followed branch and --worktree exclude each other", hint: "remove one")
        }
        var settings = settings
        settings.revision = remote.revision
        let access = try CodexAccess(settings)
        do {
            try await remote.fetch(into: access.repository, with: GitProgram(environment: settings.environment))
        } catch {
            // The error of this fetch explains why an earlier one left nothing.
            guard (try? access.repository.resolve(remote.revision)) != nil else { throw error }
            settings.logger.warning("fetch failed; serving the last fetched commit", metadata: ["reason": "\(error)"])
        }
        return settings
    }

    /// Takes back what no loop of a component takes back: work of dead workers that held nothing, rows that no claim
    /// finds, and events that an older version could not read.
    private func takeUpWork(_ deployment: Deployment, _ worker: Worker) async throws {
        // Those that died holding nothing are noticed by no claim loop.
        if try await !deployment.ledger.workers.dead().isEmpty {
            _ = try await deployment.ledger.invocations.recover(except: worker, now: deployment.time.now)
        }
        if components.contains(.executor) || components.contains(.actionExecutor) {
            try await deployment.ledger.invocations.endDamaged(now: deployment.time.now)
        }
        if components.contains(.dispatcher) {
            let count = try await deployment.ledger.dispatch.retryUnreadable(now: deployment.time.now)
            if count > 0 {
                deployment.logger.notice(
                    "events that could not be read are tried again", metadata: ["events": "\(count)"])
            }
        }
    }

    /// Logs the served commit, and from now on follows the accepted head in the ledger.
    private func beginWithHead(_ deployment: Deployment, isListening: Bool) async throws {
        if let refusal = deployment.refusal {
            deployment.pin(deployment.codex.head.commit)
            deployment.logger.error(
                "codex refused; serving the last accepted commit",
                metadata: [
                    "commit": "\(refusal.commit)", "serving": "\(deployment.codex.head.commit)",
                    "errors": "\(refusal.errors.count)", "first": "\(refusal.errors.first?.text ?? "")",
                ])
        } else if let unreadable = deployment.unreadable {
            deployment.pin(deployment.codex.head.commit)
            deployment.logger.error(
                "codex cannot be read; serving the last accepted commit",
                metadata: [
                    "serving": "\(deployment.codex.head.commit)", "reason": "\(unreadable.message)",
                    "hint": "\(unreadable.hint ?? "")",
                ])
        } else {
            try await deployment.acceptHead(actor: "serve")
        }
        let isTold = components.contains(.webhookGateway) && isListening
        deployment.warnOfMissingSecrets(
            of: deployment.codex.head, but: isTold ? deployment.webhookSecrets(of: deployment.codex.head) : [])
        if !deployment.access.usesWorktree { deployment.codex.startFollowing() }
        await deployment.sweepPins()
    }

    /// The served commit, the refused one since, and the one that is being read.
    ///
    /// - Parameters:
    ///   - components: with the webhook gateway among them, the endpoints that lack a secret are included.
    ///   - isWhole: includes the problems, which quote the codex.
    private static func readiness(
        _ deployment: Deployment, _ loading: HeadLoading, of components: Set<Component>, isWhole: Bool
    ) async -> Readiness {
        // An unusable ledger makes the answer unready; the detail then covers the codex alone.
        var (ledger, trouble): (LedgerReadiness?, String?)
        do {
            try await deployment.ledger.probe()
            ledger = try await deployment.ledger.reports.readiness()
        } catch LedgerFailure.locked {
            trouble = "locked by another process"
        } catch {
            trouble = "cannot be read"
        }
        var codex: [(String, JSONValue)] = [("commit", .string(deployment.codex.head.commit))]
        if let head = ledger?.head, !head.isAccepted {
            codex.append(("refused", refused(head, isWhole: isWhole)))
        }
        if let reading = loading.json(now: deployment.time.now) { codex.append(("loading", reading)) }
        if let waiting = ledger.map({ deployment.waitingSecrets(among: $0.secrets) }), !waiting.isEmpty {
            var secrets: [(String, JSONValue)] = [("waiting", .integer(waiting.count))]
            if isWhole {
                secrets.append(("pairs", .array(waiting.prefix(shownProblems).map { .string("\($0.id): \($0)") })))
            }
            codex.append(("secrets", .object(JSONObject(secrets))))
        }
        var detail: [(String, JSONValue)] = [("codex", .object(JSONObject(codex)))]
        if let held = ledger?.held, !held.isEmpty {
            detail.append(("held", .array(held.map { $0.json(isWhole: isWhole) })))
        }
        let lacking = components.contains(.webhookGateway) ? deployment.endpointsLackingSecrets() : []
        if !lacking.isEmpty { detail.append(("webhooks", .array(lacking.map { $0.json(isWhole: isWhole) }))) }
        var unready = trouble.map { [(part: "ledger", reason: $0)] } ?? []
        // Other components work without the secrets of webhooks.
        if components == [.webhookGateway], !lacking.isEmpty, !lacking.contains(where: \.isUsable),
            lacking.count == deployment.codex.head.endpoints.count
        {
            unready.append(
                (part: Component.webhookGateway.rawValue, reason: "no endpoint has a secret that it can use"))
        }
        return Readiness(unready: unready, isDegraded: !lacking.isEmpty, detail: detail)
    }

    private static func refused(_ head: CodexHead, isWhole: Bool) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("commit", .string(head.commit)), ("at", .string(head.at.rfc3339)),
            ("errors", .integer(head.problems.count)),
        ]
        if isWhole {
            members.append(("problems", .array(head.problems.prefix(shownProblems).map { .string($0) })))
        }
        return .object(JSONObject(members))
    }

    private static let shownProblems = 10

    private static func announce(_ components: [Component], _ logger: Logger) {
        for component in components { logger.info("ready", metadata: ["component": "\(component.rawValue)"]) }
    }

    private func drain(_ deployment: Deployment) -> Drain {
        Drain(
            reports: deployment.ledger.reports,
            scheduler: components.contains(.scheduler) ? deployment.scheduler() : nil,
            components: Set(components), time: deployment.time, logger: deployment.logger)
    }

    private func configuration(
        _ services: [any Service], _ drained: Drain?, _ logger: Logger
    ) -> ServiceGroupConfiguration {
        var configurations = services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        if let drained {
            configurations.append(
                .init(service: drained, successTerminationBehavior: .gracefullyShutdownGroup))
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var configuration = ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: [.sigterm, .sigint],
            // An immediate end does not wait for a model: interrupted work is claimed again.
            cancellationSignals: [.sigquit], logger: quiet)
        configuration.maximumGracefulShutdownDuration = Self.drainTimeout
        return configuration
    }

    private func services(_ deployment: Deployment, _ worker: Worker) -> [any Service] {
        components.compactMap { component -> (any Service)? in
            switch component {
            case .dispatcher: Stoppable(deployment.dispatcher())
            case .scheduler: Stoppable(deployment.scheduler())
            case .executor: deployment.executor(worker: worker, observe: observe)
            case .actionExecutor: deployment.actionExecutor(worker: worker)
            case .webhookGateway, .registry, .feedPoller, .notifier: nil
            }
        }
    }

    /// The registry's process anchors the audit log: of several only one has to.
    private func anchoring(_ deployment: Deployment) -> some Service {
        Stoppable(
            AuditAnchoring(
                audit: deployment.ledger.audit, anchors: deployment.access.repository.anchors, codex: deployment.codex,
                time: deployment.time, logger: deployment.logger))
    }

    // MARK: HTTP

    /// - Returns: nil if nothing listens: a component alone listens only when told.
    private func listenAddress() throws(Failure) -> ListenAddress? {
        let speaksHTTP = components.contains(where: \.speaksHTTP)
        let isAll = Set(components) == Set(Component.running)
        guard let text = listen ?? (isAll && !once ? Self.defaultAddress : nil) else {
            guard !components.contains(.webhookGateway) || once else {
                throw Failure(
                    .usage, "the webhook gateway needs an address to listen on",
                    hint: "add --listen \(Self.defaultAddress)")
            }
            return nil
        }
        guard speaksHTTP || listen != nil else { return nil }
        guard let address = ListenAddress(parsing: text) else {
            throw Failure(
                .usage, "'\(text)' is not an address to listen on", hint: "write HOST:PORT; port 0 picks a free one")
        }
        return address
    }

    private func listener(
        _ deployment: Deployment, _ address: ListenAddress, _ door: Door, _ requests: ReloadRequests,
        _ loading: HeadLoading,
        _ onListening: @escaping @Sendable (String) -> Void
    ) -> HTTPListener {
        var routes = [
            Route.health,
            Route.readiness(
                moreFor: APIToken.Scope.agentsRead.rawValue
            ) { [components = Set(components)] in
                await Self.readiness(deployment, loading, of: components, isWhole: $0)
            },
        ]
        if components.contains(.registry) {
            routes +=
                Registry(
                    codex: deployment.codex, agents: deployment.ledger.agents, time: deployment.time,
                    version: GuildVersion.current, address: "\(address)"
                ).routes
        }
        let refusals = RefusalLog(logger: deployment.logger)
        let gateway = components.contains(.webhookGateway) ? gateway(deployment, requests, refusals) : nil
        routes += gateway?.routes ?? []
        routes.append(OpenAPI.route(title: "guild", version: GuildVersion.current, of: routes))
        let access = APIAccess(
            codex: deployment.codex, secrets: deployment.secrets, refusals: refusals, logger: deployment.logger)
        return HTTPListener(
            routes: routes.map { $0.waiting(atMost: Self.requestPatience) }, address: address, limits: door.limits,
            callers: CallerPolicy(hosts: door.hosts, proxies: door.proxies) { await access.tokens() },
            refusals: refusals, logger: deployment.logger
        ) { port in
            // The store of the secrets may be slow, and nothing waits for it.
            Task { await gateway?.reportSecrets() }
            onListening("\(ListenAddress(host: address.host, port: port))")
        }
    }

    private func gateway(
        _ deployment: Deployment, _ requests: ReloadRequests, _ refusals: RefusalLog
    ) -> WebhookGateway {
        let address = remote.flatMap { remote in
            // Losing the error is safe: a remote without an address is fetched in its interval.
            try? deployment.access.repository.configuration("remote.\(remote.remote).url")
        }
        let events = ServedEvents(
            ledger: LedgerEvents(events: deployment.ledger.events, actions: deployment.ledger.actions),
            remoteAddress: address, pushed: requests.remote, held: deployment.held)
        return WebhookGateway(
            codex: deployment.codex, connectors: deployment.connectors, secrets: deployment.secrets, events: events,
            time: deployment.time, logger: deployment.logger, refusals: refusals)
    }
}

/// A service that has nothing to finish: a graceful shutdown cancels it, for its steps are transactions.
private struct Stoppable<Inner: Service>: Service {
    private let inner: Inner

    init(_ inner: Inner) { self.inner = inner }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await inner.run() }
        } catch is CancellationError {
            return
        }
    }
}
