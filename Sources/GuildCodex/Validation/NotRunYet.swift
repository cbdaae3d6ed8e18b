/// What this version validates but does not run. A manifest that uses one gets a warning, so that nobody takes it for
/// working; when a feature runs, its line goes from `table` and the warnings end.
enum NotRunYet {
    enum Feature: Hashable {
        case feedTrigger, debounce, perPerson, catchUpAll, overlapBuffer, overlapCancel
        case httpContext, memoryContext, toolContext
        case learningLayer, loadBalancedLayer
        case feedAggregator, notificationPolicy, swarm
        case polling, streaming
        case notifies, vaultSecret
    }

    static let table: [Feature: String] = [
        .feedTrigger: "feed triggers",
        .debounce: "debouncing",
        .perPerson: "schedules at each member's own time",
        .catchUpAll: "catching up on every missed firing",
        .overlapBuffer: "buffering an overlapping firing",
        .overlapCancel: "cancelling the running invocation of a schedule",
        .httpContext: "context fetched over HTTP",
        .memoryContext: "context from memory",
        .toolContext: "context from a tool",
        .learningLayer: "q_learning layers",
        .loadBalancedLayer: "load_balanced layers",
        .feedAggregator: "FeedAggregator",
        .notificationPolicy: "delivery by NotificationPolicy",
        .swarm: "Swarm",
        .polling: "polling connectors",
        .streaming: "streaming connectors",
        .notifies: "telling other agents by `notifies`",
        .vaultSecret: "secrets from Vault",
    ]

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
