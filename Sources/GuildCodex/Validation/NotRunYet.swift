import GuildDomain

/// The features that this version validates but does not run. A manifest that uses one gets a warning, so that nobody
/// expects it to work; when a feature runs, its line leaves `table` and the warnings end.
enum NotRunYet {
    enum Feature: Hashable, CaseIterable {
        case feedTrigger
        case httpContext, memoryContext, toolContext
        case contextWindow, agentSafety, notifies, telling
        case reservationDeadline, connectTimeout
        case chapterNotify, members
        case geminiFormat, modelRateLimit, useFor, modelStrategy, failover
        case learningLayer, loadBalancedLayer, hybridRouting, feedback
        case trustedProxies, eventType, guildEvent
        case polling, streaming, connectorMapping, assignedAgents
        case blockedChannels, personalData, feedAggregator, notificationPolicy, swarm
    }

    /// The kind of gap: the feature does nothing, or its limit is not enforced.
    enum Shortfall {
        case notRun(String)
        case notEnforced(String)

        var text: String {
            switch self {
            case .notRun(let name): "\(name): no effect in this version"
            case .notEnforced(let name): "\(name): not enforced in this version"
            }
        }
    }

    static let table: [Feature: Shortfall] = [
        // Agents.
        .feedTrigger: .notRun("feed triggers"),
        .httpContext: .notRun("context fetched over HTTP"),
        .memoryContext: .notRun("context from memory"),
        .toolContext: .notRun("context from a tool"),
        .contextWindow: .notEnforced("limits on the context window"),
        .agentSafety: .notEnforced("the `safety` block of an agent"),
        .notifies: .notRun("notifying other agents by `notifies`"),
        .telling: .notRun("notifying people of actions at autonomy 2"),
        // The guild and its chapters.
        .reservationDeadline: .notEnforced("the reservation deadline"),
        .connectTimeout: .notEnforced("the connect timeout"),
        .chapterNotify: .notRun("notifying a chapter by `notify`"),
        .members: .notRun("the rights and digests of members"),
        // Models.
        .geminiFormat: .notRun("Gemini's own wire format"),
        .modelRateLimit: .notEnforced("the rate limit of a model"),
        .useFor: .notRun("choosing a model by `use_for`"),
        .modelStrategy: .notRun("choosing a model by `strategy`"),
        .failover: .notRun("the `failover` block"),
        // Routing.
        .learningLayer: .notRun("q_learning layers"),
        .loadBalancedLayer: .notRun("load_balanced layers"),
        .hybridRouting: .notRun("hybrid routing"),
        .feedback: .notRun("routing feedback"),
        // Endpoints and connectors.
        .trustedProxies: .notRun("trusted proxies"),
        .eventType: .notRun("naming events by `event_type`"),
        .guildEvent: .notRun("naming events by `guild_event`"),
        .polling: .notRun("polling connectors"),
        .streaming: .notRun("streaming connectors"),
        .connectorMapping: .notRun("the event mapping of a connector"),
        .assignedAgents: .notEnforced("the limit of a connector to `assigned_agents`"),
        // Policies.
        .blockedChannels: .notEnforced("blocked channels"),
        .personalData: .notEnforced("the handling of personal data"),
        .feedAggregator: .notRun("FeedAggregator"),
        .notificationPolicy: .notRun("delivery by NotificationPolicy"),
        .swarm: .notRun("Swarm"),
    ]

    /// A scheme of authentication that the system's webhook source does not verify.
    static func signatureScheme(of system: SystemProfile) -> Shortfall {
        .notRun("signature schemes other than \(system.title)'s own")
    }

    /// Settings of a signature that its source does not obey.
    static func signatureSettings(of system: SystemProfile) -> Shortfall {
        let obeyed = ["secret_refs"] + (system.webhooks?.settings ?? []).sorted()
        return .notRun(
            "signature settings of \(system.title) other than \(obeyed.map { "`\($0)`" }.joined(separator: " and "))")
    }

    /// A way of authentication that the system's connector does not use.
    static func connectorAuthentication(at system: SystemProfile, _ connection: ConnectionProfile) -> Shortfall {
        let ways = connection.schemes.map(\.title).joined(separator: " or ")
        return .notRun("authentication at \(system.title) other than by \(ways)")
    }

    /// Systems without a connector whose ids a member may have under a key of their own.
    static let memberSystems = ["slack"]

    /// Tools of these systems are promised and not there yet.
    static let toolSystems: Set<String> = [
        "mcp", "memory", "guild", "agent", "swarm", "slack", "teams", "discord", "email", "jira", "gitlab", "linear",
        "datadog", "pagerduty", "sentry", "stripe", "notion", "confluence", "http",
    ]

    /// Systems with a signature scheme of their own that is not there yet.
    static let webhookSystems: Set<String> = [
        "gitlab", "jira", "slack", "teams", "datadog", "pagerduty", "sentry", "linear", "stripe",
    ]
}

extension NodeReader {
    /// Warns if this version does not run the feature.
    func notRunYet(_ feature: NotRunYet.Feature) {
        guard let shortfall = NotRunYet.table[feature] else { return }
        notRunYet(shortfall)
    }

    func notRunYet(_ shortfall: NotRunYet.Shortfall) { problem(shortfall.text, severity: .warning) }
}
