package import GuildDomain

/// One entry of `spec.triggers`: an event or time that calls an agent.
package struct Trigger: Sendable, Hashable {
    /// The kind of cause.
    package enum Kind: String, Sendable, CaseIterable { case webhook, feed, event, cron, manual }

    package var kind: Kind
    /// The `system` of the events it takes; nil takes any.
    package var source: String?
    /// Matched against both `type` and `guildevent`; none means any.
    package var events: [Glob] = []
    /// The pattern that an event must match; nil means any.
    package var conditions: EventPattern?
    /// The priority of its runs; nil keeps the event's.
    package var priority: Priority?
    /// How events are combined; nil means not at all.
    package var debounce: DebounceSettings?
    /// Present if and only if `kind` is `cron`.
    package var cron: CronTrigger?
    /// Where the trigger is written.
    package var location: SourceLocation
    /// `spec.triggers[0]`, as the manifest counts.
    package var path: String

    package init(kind: Kind, location: SourceLocation = SourceLocation(file: ""), path: String = "") {
        self.kind = kind
        self.location = location
        self.path = path
    }
}

/// The schedule of a cron trigger.
package struct CronTrigger: Sendable, Hashable {
    /// The manifest's name for the policy.
    package typealias Overlap = OverlapPolicy

    /// Which missed occurrences fire.
    package enum CatchUpPolicy: String, Sendable, CaseIterable {
        case skip
        case runOnce = "run_once"
        case runAll = "run_all"
    }

    /// The rule for missed occurrences.
    package struct CatchUp: Sendable, Hashable {
        /// Which missed occurrences fire.
        package var policy: CatchUpPolicy
        /// How far back a missed firing still counts.
        package var window: Duration

        package init(policy: CatchUpPolicy, window: Duration) {
            self.policy = policy
            self.window = window
        }
    }

    /// Identifies the schedule; by default a digest of expression, zone and intent.
    package var name: String
    /// The parsed expression.
    package var schedule: CronSchedule
    /// The schedule as written.
    package var expression: String
    /// An IANA name: the trigger's, or else the organisation's, or else `UTC`.
    package var timezone: String
    /// The request that the schedule makes; nil leaves it to the prompt.
    package var intent: String?
    /// How clock changes are met; `debian` if nothing is said.
    package var dst: DSTPolicy = .debian
    /// The rule for missed occurrences.
    package var catchUp = CatchUp(policy: .runOnce, window: CronTrigger.defaultCatchUpWindow)
    /// The rule for firings while an earlier run is active.
    package var overlap: Overlap = .skip
    /// The longest delay of a firing.
    package var jitter: Duration = .zero
    /// True runs it at each member's own local time.
    package var perPerson = false
    /// `on:`, the containers in which its runs may read and write unless the manifest says more.
    package var on: [ContainerSetting] = []

    /// The containers of its runs.
    package var containers: [Container] { on.map(\.container) }

    /// How far back missed occurrences fire by default.
    package static let defaultCatchUpWindow = Duration.seconds(3600)

    package init(name: String, schedule: CronSchedule, expression: String, timezone: String) {
        self.name = name
        self.schedule = schedule
        self.expression = expression
        self.timezone = timezone
    }
}

/// A container that a manifest names, with its place in the file.
package struct ContainerSetting: Sendable, Hashable {
    /// The container.
    package let container: Container
    /// Where it is written.
    package let location: SourceLocation
    /// Its place within the document.
    package let path: String
}

/// Many triggers in a window with one key become one invocation.
package struct DebounceSettings: Sendable, Hashable {
    /// The quiet time after which the window closes.
    package var window: Duration
    /// A Mustache template; nil takes the event's subject.
    package var key: String?
    /// Ten windows if nothing is said.
    package var maxWait: Duration

    /// The longest wait by default, in windows.
    package static let defaultMaxWaitWindows = 10

    package init(window: Duration, key: String? = nil, maxWait: Duration? = nil) {
        self.window = window
        self.key = key
        self.maxWait = maxWait ?? window * Self.defaultMaxWaitWindows
    }
}
