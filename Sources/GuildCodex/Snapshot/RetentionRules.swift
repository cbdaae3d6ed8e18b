import GuildDomain

/// Retention periods, and where they were set; the shortest of several policies counts.
package struct RetentionRules: Sendable, Hashable {
    /// How long payloads are kept.
    package let rawMessages: Limit<Duration>
    /// Nil keeps them.
    package let aggregatedMetrics: Limit<Duration?>
    /// Nil keeps them.
    package let auditLogs: Limit<Duration?>

    /// Every place that sets one of them, for the audit.
    package var origin: String {
        let places = [rawMessages.origin, aggregatedMetrics.origin, auditLogs.origin].map(\.description)
        return Set(places.filter { $0 != LimitOrigin.builtIn.description }).sorted().first
            ?? LimitOrigin.builtIn.description
    }
}

extension Defaults {
    /// Long enough to look into last month's work; payloads are other people's data.
    package static let rawMessages = Duration.seconds(30 * 86_400)
}

extension CodexSnapshot {
    /// The retention of all privacy policies together.
    package var retention: RetentionRules {
        func shortest(_ field: (PrivacyPolicy.Retention) -> Duration?) -> Limit<Duration>? {
            privacy.compactMap { policy in field(policy.retention).map { Limit($0, .manifest(policy.location)) } }
                .min { $0.value < $1.value }
        }
        func optional(_ limit: Limit<Duration>?) -> Limit<Duration?> {
            limit.map { Limit($0.value, $0.origin) } ?? Limit(nil, .builtIn)
        }
        return RetentionRules(
            rawMessages: shortest(\.rawMessages) ?? Limit(Defaults.rawMessages, .builtIn),
            aggregatedMetrics: optional(shortest(\.aggregatedMetrics)), auditLogs: optional(shortest(\.auditLogs)))
    }
}
