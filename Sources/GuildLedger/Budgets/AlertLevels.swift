package import GuildDomain

/// The alerts in force, and whom they are about.
package struct AlertLevels: Sendable, Hashable {
    /// By account name; those without an alert are absent.
    package let levels: [String: AlertLevel]

    package init(_ levels: [String: AlertLevel] = [:]) { self.levels = levels.filter { $0.value > .none } }

    /// The highest of an agent, its chapter and the organisation.
    package func level(agent: String, chapter: String?) -> AlertLevel {
        about(agent: agent, chapter: chapter).values.max() ?? .none
    }

    /// The highest alert of those three that keeps work of this priority from starting; nil if none does.
    package func holding(
        _ priority: Priority, agent: String, chapter: String?
    ) -> (account: String, level: AlertLevel)? {
        about(agent: agent, chapter: chapter).filter { !$0.value.admits(priority) }
            .max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }

    private func about(agent: String, chapter: String?) -> [String: AlertLevel] {
        guard !levels.isEmpty else { return [:] }
        // Names of the codex are the same in any case.
        let names = Set(
            (["organization", "agent/\(agent)"] + (chapter.map { ["chapter/\($0)"] } ?? [])).map { $0.lowercased() })
        return levels.filter { names.contains($0.key.lowercased()) }
    }
}
