package import GuildDomain

/// `kind: RateLimitPolicy`: token buckets.
package struct RateLimitPolicy: Manifest {
    /// The unit that a limit counts for.
    package enum Scope: String, Sendable, CaseIterable {
        case agent, chapter, organization, connector, endpoint, sender
    }
    /// The reaction at the limit: schedule for a later slot, or refuse.
    package enum Action: String, Sendable, CaseIterable { case delay, reject }

    /// One rate limit.
    package struct Limit: Sendable, Hashable {
        /// The unit that it counts for.
        package var scope: Scope
        /// A name, or labels that must all be present; neither means every one of the scope.
        package var name: String?
        /// The labels that a unit must have.
        package var labels: [String: String] = [:]
        /// Requests in a minute.
        package var requestsPerMinute: Int?
        /// Requests in an hour, for slower limits.
        package var requestsPerHour: Int?
        /// The requests that may go at once; nil means the rate itself.
        package var burst: Int?
        /// Tokens in a minute.
        package var tokensPerMinute: Int64?
        /// The reaction at the limit.
        package var action: Action = .delay
        /// Where the limit is written.
        package var location: SourceLocation

        package init(scope: Scope, location: SourceLocation = SourceLocation(file: "")) {
            self.scope = scope
            self.location = location
        }
    }

    /// `match` of a limit on senders: all people who do not belong to the repository they write in, taken together.
    package static let nonMembers = "non-members"

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// The limits, in their order.
    package var limits: [Limit] = []

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// `kind: SchedulingPolicy`: how work is ordered, refused and tried again.
package struct SchedulingPolicy: Manifest {
    /// When the queue refuses work.
    package struct Backpressure: Sendable, Hashable {
        /// The depth past which work is refused; nil leaves the default.
        package var depth: Int?
        /// The priorities that are refused past the depth; never CRITICAL.
        package var refuse: [Priority] = [.low, .background]
        /// The delay that refused senders are told.
        package var retryAfter: Duration?

        package init() {}
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// Whether CRITICAL work may pause NORMAL and lower.
    package var preemption: Bool?
    /// When the queue refuses work.
    package var backpressure = Backpressure()
    /// Whether chapters share slots; nil leaves the default.
    package var fairShare: Bool?
    /// Weight of a chapter, 1 if nothing is said.
    package var weights: [String: Int] = [:]
    /// The most runs of all agents at a time.
    package var maxConcurrent: Int?
    /// The most retries of a run.
    package var retryLimit: Int?
    /// The first delay between retries.
    package var retryBase: Duration?
    /// The longest delay between retries.
    package var retryCap: Duration?
    /// Where each value was written, by its key.
    package var locations: [String: SourceLocation] = [:]

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// `kind: SafetyPolicy`: times at which tools are frozen, and writes that need a person.
package struct SafetyPolicy: Manifest {
    /// The days of the week.
    package enum Weekday: String, Sendable, CaseIterable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    /// A recurring span of time.
    package struct Window: Sendable, Hashable {
        /// Empty means every day.
        package var days: Set<Weekday> = []
        /// When it begins on each day; nil means midnight.
        package var from: TimeOfDay?
        /// When it ends; nil means the end of the day.
        package var to: TimeOfDay?
        /// An IANA name; the organisation's if nothing is said.
        package var timezone: String

        package init(timezone: String) { self.timezone = timezone }
    }

    /// A ban on tools during a window.
    package struct Freeze: Sendable, Hashable {
        /// The banned tools.
        package var tools: [Glob]
        /// When the ban applies.
        package var when: Window
        package var message: String?
        /// Where the freeze is written.
        package var location: SourceLocation
        /// `spec.freezes[0]`, as the manifest counts.
        package var path: String

        package init(
            tools: [Glob], when: Window, location: SourceLocation = SourceLocation(file: ""), path: String = ""
        ) {
            self.tools = tools
            self.when = when
            self.location = location
            self.path = path
        }
    }

    /// Holds for every write that one of `tools` matches and that carries one of `fields`; of the two lists one may be
    /// empty, which means any.
    package struct Approval: Sendable, Hashable {
        /// The tools that it covers; empty means all writes.
        package var tools: [Glob]
        /// Canonical names: `labels`, `body`, `mentions`.
        package var fields: [String]
        /// Over the arguments and the fields, compared as their system compares; nil means any.
        package var conditions: EventPattern?
        /// Where the approval is written.
        package var location: SourceLocation
        /// For people: `SafetyPolicy night, approvals[0] (policies/night.yaml:12)`.
        package var rule = ""

        package init(
            tools: [Glob], fields: [String] = [], location: SourceLocation = SourceLocation(file: "")
        ) {
            self.tools = tools
            self.fields = fields
            self.location = location
        }
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// The bans, in their order.
    package var freezes: [Freeze] = []
    /// The writes that need a person, in their order.
    package var approvals: [Approval] = []
    /// The longest chain of events caused by our own actions.
    package var hopLimit: Int?
    /// The most tokens of one causal root.
    package var rootTokens: Int64?
    /// Logins or bot ids whose events are not dispatched.
    package var ignoreSenders: [String] = []
    /// Where each value was written, by its key.
    package var locations: [String: SourceLocation] = [:]

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// `kind: PrivacyPolicy`: data that is never stored, and retention periods.
package struct PrivacyPolicy: Manifest {
    /// How a kind of personal data is treated; without effect yet.
    package enum Handling: String, Sendable, CaseIterable {
        case hashBeforeAggregate = "hash_before_aggregate"
        case neverStore = "never_store"
        case neverAccess = "never_access"
        case redact
    }

    /// How long data is kept.
    package struct Retention: Sendable, Hashable {
        /// How long payloads are kept.
        package var rawMessages: Duration?
        /// How long roll-ups are kept; nil means forever.
        package var aggregatedMetrics: Duration?
        /// How long bodies of audit entries are kept; nil means forever.
        package var auditLogs: Duration?

        package init() {}
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// Channels whose messages are never read; without effect yet.
    package var blockedChannels: [Glob] = []
    /// The treatment of names.
    package var names: Handling?
    /// The treatment of mail addresses.
    package var emails: Handling?
    /// The treatment of salaries.
    package var compensation: Handling?
    /// How long data is kept.
    package var retention = Retention()

    package init(metadata: Metadata) { self.metadata = metadata }
}
