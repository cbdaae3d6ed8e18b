import GuildDomain

extension Trigger {
    /// For people: what wakes the agent, on one line.
    package var text: String {
        var parts = [kind.rawValue]
        if let source { parts.append("from \(source)") }
        if !events.isEmpty { parts.append("on " + events.map(\.description).joined(separator: ", ")) }
        if let cron { parts.append("\(cron.name): \(cron.expression) in \(cron.timezone)") }
        if let cron, !cron.on.isEmpty {
            parts.append("called in " + cron.on.map(\.container.description).joined(separator: ", "))
        }
        if let conditions { parts.append("if " + conditions.distinctText) }
        if let priority { parts.append(priority.name) }
        return parts.joined(separator: "  ")
    }
}
