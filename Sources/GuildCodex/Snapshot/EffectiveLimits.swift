package import GuildDomain

/// Where a value in force was set.
package enum LimitOrigin: Sendable, Hashable, CustomStringConvertible {
    case manifest(SourceLocation)
    case builtIn

    package var description: String {
        switch self {
        case .manifest(let location): location.description
        case .builtIn: "built in"
        }
    }
}

/// A value in force and its source.
package struct Limit<Value: Sendable & Hashable>: Sendable, Hashable {
    /// The value in force.
    package let value: Value
    /// Where it was set.
    package let origin: LimitOrigin

    package init(_ value: Value, _ origin: LimitOrigin) {
        self.value = value
        self.origin = origin
    }
}

/// The built-in values, for settings that no manifest sets.
package enum Defaults {
    /// Tokens of one invocation.
    package static let tokensPerInvocation: Int64 = 16_000
    /// The longest active time of a run.
    package static let maxActiveDuration = Duration.seconds(300)
    /// The most runs of one agent at a time.
    package static let maxConcurrent = 4
    /// Tokens of one answer.
    package static let replyLimit: Int64 = 1024
    /// How long a turn waits for the result of an action.
    package static let actionWait = Duration.seconds(60)
    /// The most retries of a run.
    package static let retryLimit = 5
    /// The first delay between retries.
    package static let retryBase = Duration.seconds(2)
    /// The longest delay between retries.
    package static let retryCap = Duration.seconds(300)
    /// The longest chain of events caused by our own actions.
    package static let hopLimit = 8
    /// The most tokens of one causal root.
    package static let rootTokens: Int64 = 200_000
    /// The deadline of a reservation.
    package static let reservationDeadline = Duration.seconds(30)
    /// The largest body of an event, in bytes.
    package static let bodyLimit = 1 << 20
    /// The depth of the queue past which less urgent work is refused.
    package static let queueDepth = 10_000
    /// How long a model may be silent.
    package static let modelIdleTimeout = Duration.seconds(60)
    /// How long connecting may take.
    package static let connectTimeout = Duration.seconds(10)
}

/// An agent's limits in force; a nil value means no limit of its own.
package struct AgentLimits: Sendable, Hashable {
    /// Tokens, as the next four.
    package let perInvocation: Limit<Int64>
    /// Tokens in a sliding minute.
    package let perMinute: Limit<Int64?>
    /// Tokens in a sliding hour.
    package let perHour: Limit<Int64?>
    /// Tokens in a calendar day.
    package let perDay: Limit<Int64?>
    /// Tokens in a calendar month.
    package let perMonth: Limit<Int64?>
    /// Micro-dollars, as all costs.
    package let costPerInvocation: Limit<Int64?>
    /// Micro-dollars in a sliding minute.
    package let costPerMinute: Limit<Int64?>
    /// Micro-dollars in a sliding hour.
    package let costPerHour: Limit<Int64?>
    /// Micro-dollars in a calendar day.
    package let costPerDay: Limit<Int64?>
    /// Micro-dollars in a calendar month.
    package let costPerMonth: Limit<Int64?>
    /// Tokens; nil takes the model's.
    package let contextWindow: Limit<Int64?>
    /// The longest active time of a run.
    package let maxActiveDuration: Limit<Duration>
    /// The most runs of the agent at a time.
    package let maxConcurrent: Limit<Int>
}

/// The settings in force for the whole organisation.
package struct GuildSettings: Sendable, Hashable {
    /// Tokens of a reply, unless the model's own limit is lower.
    package let replyLimit: Limit<Int64>
    /// How long a turn waits for the result of an action.
    package let actionWait: Limit<Duration>
    /// Retries after the first attempt.
    package let retryLimit: Limit<Int>
    /// The bound of the first delay; each further failure doubles it.
    package let retryBase: Limit<Duration>
    /// The longest bound of a delay.
    package let retryCap: Limit<Duration>
    /// The longest chain of events caused by the guild's own actions.
    package let hopLimit: Limit<Int>
    /// Tokens one causal root may spend.
    package let rootTokens: Limit<Int64>
    /// The deadline of a reservation; without effect yet.
    package let reservationDeadline: Limit<Duration>
    /// The size of the largest webhook body, in bytes.
    package let bodyLimit: Limit<Int>
    /// Of the systems whose webhooks have a limit of their own, by system.
    package let systemBodyLimits: [String: Limit<Int>]
    /// The depth of the queue past which less urgent work is refused.
    package let queueDepth: Limit<Int>
    /// How long a model may be silent.
    package let modelIdleTimeout: Limit<Duration>
    /// How long connecting may take; without effect yet.
    package let connectTimeout: Limit<Duration>

    /// The largest body of a webhook of this system, unless its endpoint says otherwise.
    package func bodyLimit(of system: String) -> Limit<Int> { systemBodyLimits[system] ?? bodyLimit }

    /// The policy for attempts after a failure.
    package var retries: RetryPolicy {
        RetryPolicy(limit: retryLimit.value, base: retryBase.value, cap: retryCap.value)
    }
}

extension CodexSnapshot {
    /// The agent's limits: its manifest's, or else those of `guild.yaml`, or else the built-in ones.
    package func limits(of agent: AgentManifest) -> AgentLimits {
        let own = agent.resources
        let common = guild.defaults.resources
        let tokens = own.tokenBudget
        let allTokens = common.tokenBudget
        let costs = own.costBudget
        let allCosts = common.costBudget
        func optional<Value: Sendable & Hashable>(
            _ value: Value?, _ shared: Value?, _ key: String
        ) -> Limit<Value?> {
            if let value { return Limit(value, .manifest(own.locations[key] ?? agent.location)) }
            guard let shared else { return Limit(nil, .builtIn) }
            return Limit(shared, .manifest(common.locations[key] ?? guild.location))
        }
        func limit<Value: Sendable & Hashable>(
            _ value: Value?, _ shared: Value?, _ key: String, _ builtIn: Value
        ) -> Limit<Value> {
            let limit = optional(value, shared, key)
            return Limit(limit.value ?? builtIn, limit.origin)
        }
        return AgentLimits(
            perInvocation: limit(
                tokens.perInvocation, allTokens.perInvocation, "tokenBudget.perInvocation",
                Defaults.tokensPerInvocation),
            perMinute: optional(tokens.perMinute, allTokens.perMinute, "tokenBudget.perMinute"),
            perHour: optional(tokens.perHour, allTokens.perHour, "tokenBudget.perHour"),
            perDay: optional(tokens.perDay, allTokens.perDay, "tokenBudget.perDay"),
            perMonth: optional(tokens.perMonth, allTokens.perMonth, "tokenBudget.perMonth"),
            costPerInvocation: optional(costs.perInvocation, allCosts.perInvocation, "costBudget.perInvocation"),
            costPerMinute: optional(costs.perMinute, allCosts.perMinute, "costBudget.perMinute"),
            costPerHour: optional(costs.perHour, allCosts.perHour, "costBudget.perHour"),
            costPerDay: optional(costs.perDay, allCosts.perDay, "costBudget.perDay"),
            costPerMonth: optional(costs.perMonth, allCosts.perMonth, "costBudget.perMonth"),
            contextWindow: optional(own.contextWindow, common.contextWindow, "contextWindow"),
            maxActiveDuration: limit(
                own.maxActiveDuration, common.maxActiveDuration, "maxActiveDuration", Defaults.maxActiveDuration),
            maxConcurrent: limit(own.maxConcurrent, common.maxConcurrent, "maxConcurrent", Defaults.maxConcurrent))
    }
}

extension GuildSettings {
    /// Reads them from the manifests of one commit.
    init(
        _ guild: GuildManifest, scheduling: [SchedulingPolicy], safety: [SafetyPolicy], systems: SystemCatalogue
    ) {
        let reader = SettingsReader(guild: guild, systems: systems)
        let hops = safety.compactMap { policy in
            policy.hopLimit.map { reader.limit($0, policy.locations["hop_limit"]) }
        }
        let roots = safety.compactMap { policy in
            policy.rootTokens.map { reader.limit($0, policy.locations["root_tokens"]) }
        }
        let depths = scheduling.compactMap { policy in
            policy.backpressure.depth.map { reader.limit($0, policy.locations["backpressure.depth"]) }
        }
        let policy = scheduling.first
        let places = policy?.locations ?? [:]
        self.init(
            replyLimit: reader.setting(\.replyLimit, "replyLimit", Defaults.replyLimit),
            actionWait: reader.setting(\.actionWait, "actionWait", Defaults.actionWait),
            retryLimit: policy?.retryLimit.map { reader.limit($0, places["retries.max"]) }
                ?? reader.setting(\.retryLimit, "retries.max", Defaults.retryLimit),
            retryBase: policy?.retryBase.map { reader.limit($0, places["retries.base"]) }
                ?? reader.setting(\.retryBase, "retries.base", Defaults.retryBase),
            retryCap: policy?.retryCap.map { reader.limit($0, places["retries.cap"]) }
                ?? reader.setting(\.retryCap, "retries.cap", Defaults.retryCap),
            hopLimit: hops.min { $0.value < $1.value } ?? reader.setting(\.hopLimit, "hopLimit", Defaults.hopLimit),
            rootTokens: roots.min { $0.value < $1.value }
                ?? reader.setting(\.rootTokens, "rootTokens", Defaults.rootTokens),
            reservationDeadline: reader.setting(
                \.reservationDeadline, "reservationDeadline", Defaults.reservationDeadline),
            bodyLimit: reader.setting(\.bodyLimit, "bodyLimit", Defaults.bodyLimit),
            systemBodyLimits: reader.systemBodyLimits,
            queueDepth: depths.min { $0.value < $1.value }
                ?? reader.setting(\.queueDepth, "queueDepth", Defaults.queueDepth),
            modelIdleTimeout: reader.setting(\.modelIdleTimeout, "modelIdleTimeout", Defaults.modelIdleTimeout),
            connectTimeout: reader.setting(\.connectTimeout, "connectTimeout", Defaults.connectTimeout))
    }
}

/// A setting of `guild.yaml`, or else the built-in one.
private struct SettingsReader {
    let guild: GuildManifest
    let systems: SystemCatalogue

    var systemBodyLimits: [String: Limit<Int>] {
        var limits: [String: Limit<Int>] = [:]
        for system in systems.systems {
            guard let builtIn = system.webhooks?.bodyLimitBytes else { continue }
            let key = GuildDefaults.bodyLimitKey(of: system.name)
            limits[system.name] =
                guild.defaults.bodyLimits[system.name].map { limit($0, guild.defaults.locations[key]) }
                ?? Limit(builtIn, .builtIn)
        }
        return limits
    }

    func setting<Value>(
        _ field: KeyPath<GuildDefaults, Value?>, _ key: String, _ builtIn: Value
    ) -> Limit<Value> {
        guard let value = guild.defaults[keyPath: field] else { return Limit(builtIn, .builtIn) }
        return limit(value, guild.defaults.locations[key])
    }

    func limit<Value>(_ value: Value, _ location: SourceLocation?) -> Limit<Value> {
        Limit(value, .manifest(location ?? guild.location))
    }
}
