import GuildDomain

/// Retention periods, and the policy that sets them (PrivacyPolicy `data_retention`).
package struct RetentionPlan: Sendable, Hashable {
    /// Payloads, answers, tool calls and results, and whole events that set nothing going; counted from when the last
    /// invocation of their root ended.
    package var rawMessages: Duration
    /// Hourly roll-ups by agent, chapter and model; nil keeps them, and by root for as long as the accounts are open.
    package var aggregatedMetrics: Duration?
    /// Bodies of audit entries; nil keeps them. The entries themselves always stay.
    package var auditLogs: Duration?
    /// The source of the plan: `policies/privacy.yaml:9`, `built in`.
    package var policy: String
    /// How long the id of a deleted event is remembered, from when it was received.
    package var dedupWindow = AcceptancePolicy.standardDedupWindow

    /// Calendar periods are counted from the entries of the accounts, so those of two months stay, together with the
    /// rows that they name.
    private static let openBooks = Duration.seconds(62 * 86_400)

    /// How long invocations, their journals and their postings are kept; afterwards only their sums.
    package var booksKept: Duration { max(rawMessages, Self.openBooks) }

    package init(
        rawMessages: Duration, aggregatedMetrics: Duration? = nil, auditLogs: Duration? = nil, policy: String
    ) {
        self.rawMessages = rawMessages
        self.aggregatedMetrics = aggregatedMetrics
        self.auditLogs = auditLogs
        self.policy = policy
    }
}
