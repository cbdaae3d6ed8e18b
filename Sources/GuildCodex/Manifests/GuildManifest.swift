/// `kind: Guild`: the organisation; there is one in a codex.
package struct GuildManifest: Manifest {
    /// Tokens for a day and a month; nil means no limit.
    package struct Pool: Sendable, Hashable {
        /// Tokens in a day.
        package var perDay: Int64?
        /// Tokens in a month.
        package var perMonth: Int64?

        package init(perDay: Int64? = nil, perMonth: Int64? = nil) {
            self.perDay = perDay
            self.perMonth = perMonth
        }
    }

    /// The percentage of a calendar period's limit at which each alert begins.
    package struct Alerts: Sendable, Hashable {
        /// The percentage at which the yellow alert begins.
        package var yellow = 75
        /// The percentage at which the orange alert begins.
        package var orange = 90
        /// The percentage at which the red alert begins.
        package var red = 95

        package init() {}
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// The organisation's limits on tokens.
    package var manaPool = Pool()
    /// Tokens kept for CRITICAL and HIGH work.
    package var reserve = Pool()
    /// The organisation's limits on money.
    package var costBudget = CostBudget()
    /// When the alerts begin.
    package var alerts = Alerts()
    /// The values for agents and policies that set none.
    package var defaults = GuildDefaults()
    /// When the audit log is anchored.
    package var audit = AuditSettings()
    /// An IANA name; calendar periods begin and end in this zone.
    package var timezone = "UTC"
    /// The bearer tokens of the HTTP API, beyond discovery, health and signed webhooks.
    package var apiTokens: [APIToken] = []
    /// `network.allow`: origins that may be used though they are link-local, or get a secret over plain http.
    package var allowedOrigins: Set<String> = []
    /// Where each limit was written, by its key: `manaPool.perDay`.
    package var locations: [String: SourceLocation] = [:]

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

    /// The time between two anchors while the log grows.
    package var anchorInterval: Duration { .seconds(60 * anchorMinutes) }

    package init() {}
}

/// `spec.defaults` of the Guild: the values for agents and policies that set none; nil leaves the built-in value.
package struct GuildDefaults: Sendable, Hashable {
    /// Limits for agents that set none.
    package var resources = ResourceLimits()
    /// Tokens a reply may have.
    package var replyLimit: Int64?
    /// How long a turn waits for the result of an action.
    package var actionWait: Duration?
    /// The most retries of a run.
    package var retryLimit: Int?
    /// The first delay between retries.
    package var retryBase: Duration?
    /// The longest delay between retries.
    package var retryCap: Duration?
    /// The longest chain of events caused by our own actions.
    package var hopLimit: Int?
    /// Tokens one causal root may spend.
    package var rootTokens: Int64?
    /// The debounce of triggers that set none.
    package var debounce: DebounceSettings?
    /// The deadline of a reservation; without effect yet.
    package var reservationDeadline: Duration?
    /// Bytes of a webhook's body.
    package var bodyLimit: Int?
    /// The same for the systems that have a limit of their own, by system.
    package var bodyLimits: [String: Int] = [:]
    /// The depth of the queue past which less urgent work is refused.
    package var queueDepth: Int?
    /// How long a model may be silent.
    package var modelIdleTimeout: Duration?
    /// How long connecting may take; without effect yet.
    package var connectTimeout: Duration?
    /// Where each value was written, by its key.
    package var locations: [String: SourceLocation] = [:]

    package init() {}

    /// The key of a system's own limit.
    package static func bodyLimitKey(of system: String) -> String { "\(system)BodyLimit" }
}

/// `kind: Chapter`: a team, its share of the pool and its people.
package struct ChapterManifest: Manifest {
    /// A person of the chapter.
    package struct Member: Sendable, Hashable {
        /// A right that a role can give.
        package enum Right: String, Sendable, CaseIterable { case approve, override, grant }

        /// The person's name in the codex, unique within the chapter.
        package var id: String
        /// The full name, for people.
        package var name: String?
        /// The address for mail.
        package var email: String?
        /// The member's account in each external system, by system.
        package var ids: [String: String] = [:]
        /// An IANA name; the organisation's if nothing is said.
        package var timezone: String?
        /// When the person's digest is due; without effect yet.
        package var digestAt: TimeOfDay?
        /// Free text, such as `master`; `rights` has its meaning.
        package var role: String?
        /// The role's rights.
        package var rights: Set<Right> = []
        /// Where the member is written.
        package var location: SourceLocation

        package init(id: String, location: SourceLocation = SourceLocation(file: "")) {
            self.id = id
            self.location = location
        }
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// The chapter's limits on tokens.
    package var tokenBudget = TokenBudget()
    /// The chapter's limits on money.
    package var costBudget = CostBudget()
    /// The caps of its agents, each.
    package var actions = ActionLimits()
    /// A fraction (0…1) of the dispatch slots.
    package var guaranteedShare: Double?
    /// The member or agent told first.
    package var master: String?
    /// The notification target: `#payments`, `slack:#payments`.
    package var notify: String?
    /// The people of the chapter.
    package var members: [Member] = []
    /// Where each limit was written, by its key: `tokenBudget.perDay`.
    package var locations: [String: SourceLocation] = [:]

    package init(metadata: Metadata) { self.metadata = metadata }
}
