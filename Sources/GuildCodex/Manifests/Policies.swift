package import GuildDomain

/// `kind: RateLimitPolicy`: token buckets.
package struct RateLimitPolicy: Manifest {
    package enum Scope: String, Sendable, CaseIterable {
        case agent, chapter, organization, connector, endpoint, sender
    }
    package enum Action: String, Sendable, CaseIterable { case delay, reject }

    package struct Limit: Sendable, Hashable {
        package var scope: Scope
        /// A name, or labels that must all be present; neither means every one of the scope.
        package var name: String?
        package var labels: [String: String] = [:]
        package var requestsPerMinute: Int?
        package var requestsPerHour: Int?
        package var burst: Int?
        package var tokensPerMinute: Int64?
        package var action: Action = .delay
        package var location: SourceLocation

        package init(scope: Scope, location: SourceLocation = SourceLocation(file: "")) {
            self.scope = scope
            self.location = location
        }
    }

    /// `match` of a limit on senders: all people who do not belong to the repository they write in, taken together.
    package static let nonMembers = "non-members"

    package var metadata: Metadata
    package var limits: [Limit] = []

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// `kind: SchedulingPolicy`: how work is ordered, refused and tried again.
package struct SchedulingPolicy: Manifest {
    package struct Backpressure: Sendable, Hashable {
        package var depth: Int?
        /// The priorities that are refused past the depth; never CRITICAL.
        package var refuse: [Priority] = [.low, .background]
        package var retryAfter: Duration?

        package init() {}
    }

    package var metadata: Metadata
    /// Whether CRITICAL work may pause NORMAL and lower.
    package var preemption: Bool?
    package var backpressure = Backpressure()
    package var fairShare: Bool?
    /// Weight of a chapter, 1 if nothing is said.
    package var weights: [String: Int] = [:]
    package var maxConcurrent: Int?
    package var retryLimit: Int?
    package var retryBase: Duration?
    package var retryCap: Duration?
    /// Where each value was written, by its key.
    package var locations: [String: SourceLocation] = [:]

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// `kind: SafetyPolicy`: times at which tools are frozen, and writes that need a person.
package struct SafetyPolicy: Manifest {
    package enum Weekday: String, Sendable, CaseIterable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    package struct Window: Sendable, Hashable {
        /// Empty means every day.
        package var days: Set<Weekday> = []
        package var from: TimeOfDay?
        package var to: TimeOfDay?
        /// An IANA name; the organisation's if nothing is said.
        package var timezone: String

        package init(timezone: String) { self.timezone = timezone }
    }

    package struct Freeze: Sendable, Hashable {
        package var tools: [Glob]
        package var when: Window
        package var message: String?
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
        package var tools: [Glob]
        /// Canonical names: `labels`, `body`, `mentions`.
        package var fields: [String]
        /// Over the arguments and the fields, compared as their system compares; nil means any.
        package var conditions: EventPattern?
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

    package var metadata: Metadata
    package var freezes: [Freeze] = []
    package var approvals: [Approval] = []
    package var hopLimit: Int?
    package var rootTokens: Int64?
    /// Logins or bot ids whose events are not dispatched.
    package var ignoreSenders: [String] = []
    /// Where each value was written, by its key.
    package var locations: [String: SourceLocation] = [:]

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// `kind: PrivacyPolicy`: data that is never stored, and retention periods.
package struct PrivacyPolicy: Manifest {
    package enum Handling: String, Sendable, CaseIterable {
        case hashBeforeAggregate = "hash_before_aggregate"
        case neverStore = "never_store"
        case neverAccess = "never_access"
        case redact
    }

    package struct Retention: Sendable, Hashable {
        package var rawMessages: Duration?
        package var aggregatedMetrics: Duration?
        package var auditLogs: Duration?

        package init() {}
    }

    package var metadata: Metadata
    package var blockedChannels: [Glob] = []
    package var names: Handling?
    package var emails: Handling?
    package var compensation: Handling?
    package var retention = Retention()

    package init(metadata: Metadata) { self.metadata = metadata }
}
