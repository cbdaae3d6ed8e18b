/// `kind: Guild`: the organisation; there is one in a codex.
package struct GuildManifest: Manifest {
    /// Tokens for a day and a month; nil is no limit.
    package struct Pool: Sendable, Hashable {
        package var perDay: Int64?
        package var perMonth: Int64?

        package init(perDay: Int64? = nil, perMonth: Int64? = nil) {
            self.perDay = perDay
            self.perMonth = perMonth
        }
    }

    /// Percent of a calendar period's limit at which each alert begins.
    package struct Alerts: Sendable, Hashable {
        package var yellow = 75
        package var orange = 90
        package var red = 95

        package init() {}
    }

    package var metadata: Metadata
    package var manaPool = Pool()
    /// Tokens kept for CRITICAL and HIGH work.
    package var reserve = Pool()
    package var costBudget = CostBudget()
    package var alerts = Alerts()
    package var defaults = GuildDefaults()
    package var audit = AuditSettings()
    /// An IANA name; calendar periods turn over by it.
    package var timezone = "UTC"
    /// Who may call what over HTTP, beside discovery, health and signed webhooks.
    package var apiTokens: [APIToken] = []
    /// `network.allow`: origins that may be used though they are link-local, or get a secret over plain http.
    package var allowedOrigins: Set<String> = []

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// `spec.audit` of the Guild: when `guild serve` anchors the audit log in the codex repository.
package struct AuditSettings: Sendable, Hashable {
    /// Whether it does at all.
    package var anchors = true
    /// Entries after which the next anchor is due.
    package var anchorEvery: Int64 = 10_000
    /// After which it is due with any entry at all.
    package var anchorMinutes = 60
    /// The remote that each anchor is pushed to; nil pushes none.
    package var push: String?

    package var anchorInterval: Duration { .seconds(60 * anchorMinutes) }

    package init() {}
}

/// `spec.defaults` of the Guild: what holds where an agent or policy says nothing; nil leaves the built-in value.
package struct GuildDefaults: Sendable, Hashable {
    package var resources = ResourceLimits()
    /// Tokens a reply may have.
    package var replyLimit: Int64?
    /// How long a turn waits for the result of an action.
    package var actionWait: Duration?
    package var retryLimit: Int?
    package var retryBase: Duration?
    package var retryCap: Duration?
    package var hopLimit: Int?
    /// Tokens one causal root may spend.
    package var rootTokens: Int64?
    package var debounce: DebounceSettings?
    package var reservationDeadline: Duration?
    /// Bytes of a webhook's body.
    package var bodyLimit: Int?
    /// The same for the systems that have a limit of their own, by system.
    package var bodyLimits: [String: Int] = [:]
    package var queueDepth: Int?
    package var modelIdleTimeout: Duration?
    package var connectTimeout: Duration?
    /// Where each value was written, by its key.
    package var locations: [String: SourceLocation] = [:]

    package init() {}

    /// The key of a system's own limit.
    package static func bodyLimitKey(of system: String) -> String { "\(system)BodyLimit" }
}

/// `kind: Chapter`: a team, its share of the pool and its people.
package struct ChapterManifest: Manifest {
    package struct Member: Sendable, Hashable {
        package enum Right: String, Sendable, CaseIterable { case approve, override, grant }

        package var id: String
        package var name: String?
        package var email: String?
        /// Who the member is in each external system, by system.
        package var ids: [String: String] = [:]
        /// An IANA name; the organisation's where nothing is said.
        package var timezone: String?
        package var digestAt: TimeOfDay?
        /// Free text, `master` among it; what it allows is in `rights`.
        package var role: String?
        /// What the role lets the member do.
        package var rights: Set<Right> = []
        package var location: SourceLocation

        package init(id: String, location: SourceLocation = SourceLocation(file: "")) {
            self.id = id
            self.location = location
        }
    }

    package var metadata: Metadata
    package var tokenBudget = TokenBudget()
    package var costBudget = CostBudget()
    /// The caps of its agents, each.
    package var actions = ActionLimits()
    /// A fraction (0…1) of the dispatch slots.
    package var guaranteedShare: Double?
    /// The member or agent told first.
    package var master: String?
    /// The notification target: `#payments`, `slack:#payments`.
    package var notify: String?
    package var members: [Member] = []

    package init(metadata: Metadata) { self.metadata = metadata }
}
