package import GuildCodex
package import GuildDomain

/// The schedules that a person names: `ranger`, `ranger/patrol` or, of those at each person's own time,
/// `ranger/patrol@ada`.
package struct ScheduleSelection: Sendable {
    /// The selected schedules.
    package let entries: [ScheduleEntry]
    /// The name as the manifests write it, as a pause stores it.
    package let target: String

    private static let listedNames = 20

    /// - Throws: `Failure` (usage) if nothing has that name.
    package init(_ text: String, in snapshot: CodexSnapshot) throws(Failure) {
        let (path, person) = Self.cut(text.lowercased(), at: "@")
        let (agentName, name) = Self.cut(path, at: "/")
        guard let agent = snapshot.agent(agentName) else {
            let names = snapshot.agentsByName.map(\.name)
            throw Failure(
                .usage, "there is no agent '\(agentName)'",
                hint: NearestName.of(agentName, in: names).map { "did you mean '\($0)'?" }
                    ?? "`guild schedule list` shows the schedules")
        }
        let all = ScheduleEntry.all(in: snapshot).filter { $0.agent == agent.name }
        guard !all.isEmpty else {
            throw Failure(
                .usage, "\(agent.name) has no schedule", hint: "`guild run \(agent.name)` runs it without one")
        }
        entries = all.filter {
            (name == nil || $0.cron.name.lowercased() == name) && (person == nil || $0.person == person)
        }
        guard let first = entries.first else { throw Self.unknown(text, of: agent.name, all) }
        target = name == nil ? agent.name : person == nil ? first.plan.name : first.id
    }

    private static func unknown(_ text: String, of agent: String, _ all: [ScheduleEntry]) -> Failure {
        let names = all.map(\.id)
        let shown = names.prefix(listedNames).joined(separator: ", ")
        return Failure(
            .usage, "\(agent) has no schedule '\(text)'",
            hint: NearestName.of(text.lowercased(), in: names).map { "did you mean '\($0)'?" }
                ?? "it has \(shown)\(names.count > listedNames ? ", …" : "")")
    }

    private static func cut(_ text: String, at mark: Character) -> (String, String?) {
        guard let index = text.firstIndex(of: mark) else { return (text, nil) }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }
}
