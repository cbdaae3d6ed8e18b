import GuildDomain

/// How `guild budget report` groups.
package enum UsageGrouping: String, Sendable, CaseIterable {
    case agent, chapter, model, day, root
}
