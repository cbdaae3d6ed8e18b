import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

/// All that the codex says about one agent, and what holds where it says nothing.
struct AgentResult: CommandResult {
    /// A limit in force.
    struct InForce: Sendable {
        let limit: LimitInForce
        /// What a commit that is not accepted says instead.
        let draft: LimitInForce?
    }

    let agent: AgentManifest
    let listing: AgentListing?
    let commit: String
    let limits: [InForce]
    private let obeyed: ObeyedCodex

    /// - Parameters:
    ///   - snapshot: the commit whose manifest is shown.
    ///   - obeyed: the commit whose limits hold.
    init(agent: AgentManifest, listing: AgentListing?, snapshot: CodexSnapshot, obeyed: ObeyedCodex) {
        self.agent = agent
        self.listing = listing
        self.obeyed = obeyed
        commit = snapshot.commit
        let drafts = snapshot.limitsInForce(of: agent)
        let accepted = obeyed.snapshot.limitsInForce(of: obeyed.snapshot.agent(agent.name) ?? agent)
        limits = accepted.map { limit in
            InForce(limit: limit, draft: drafts.first { $0.name == limit.name && $0.value != limit.value })
        }
        unlimited = drafts.filter { draft in !accepted.contains { $0.name == draft.name } }
    }

    /// Limits that only the commit that is not accepted sets.
    private let unlimited: [LimitInForce]

    // MARK: JSON

    var json: JSONValue {
        var object = listing?.json.object ?? ["name": .string(agent.name)]
        object["commit"] = .string(commit)
        object["file"] = .string(agent.location.description)
        object["prompt"] = .string(prompt)
        object["model"] = .string(agent.model.text)
        object["output_schema"] = .optional(agent.outputSchema)
        object["triggers"] = .array(agent.triggers.map(\.json))
        object["tools"] = .array(
            agent.tools.map {
                [
                    "pattern": .string($0.pattern), "autonomy": .integer($0.autonomy.rawValue),
                    "meaning": .string($0.autonomy.meaning), "on": $0.scope.json,
                    "from": .string($0.location.description),
                ]
            })
        object["limits"] = .array(
            limits.map {
                [
                    "name": .string($0.limit.name), "value": .integer($0.limit.value),
                    "unit": .string($0.limit.unit.rawValue), "from": .string($0.limit.origin),
                    "not_accepted": .optional($0.draft?.value),
                ]
            })
        object["limits_commit"] = .string(obeyed.snapshot.commit)
        object["requires"] = .array(agent.dependencies.requires.map { .string($0.version.description) })
        object["notifies"] = .array(agent.dependencies.notifies.map { .string($0) })
        return .object(object)
    }

    var table: TextTable {
        TextTable(
            ["LIMIT", "VALUE", "UNIT", "FROM"],
            limits.map(\.limit).map { [$0.name, String($0.value), $0.unit.rawValue, $0.origin] })
    }

    private var prompt: String {
        switch agent.prompt {
        case .file(let path): path
        case .inline: "in the manifest"
        }
    }

    // MARK: Text

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = [style.bold(agent.name) + (agent.version.map { " \($0)" } ?? "")]
        if let description = agent.description { lines.append("  " + TextTable.printable(description)) }
        lines += facts.map { "  " + $0.0.padding(to: 13) + TextTable.printable($0.1) }
        lines += [style.bold("triggers")] + indented(agent.triggers.map(\.text))
        lines += [style.bold("tools")]
        lines += indented(
            agent.tools.map {
                "\($0.pattern)  \($0.autonomy.rawValue) \($0.autonomy.meaning)  \($0.place)  \($0.location)"
            })
        lines += [style.bold("limits in force")]
        let table = TextTable(
            ["  LIMIT", "VALUE", "FROM"], limits.map(\.limit).map { ["  " + $0.name, $0.shown, $0.origin] })
        lines.append(table.text(style, showsHeadings: !isQuiet))
        let drafts =
            limits.compactMap { limit in limit.draft.map { "  \($0.name)  \($0.shown)  \($0.origin)" } }
            + unlimited.map { "  \($0.name)  \($0.shown)  \($0.origin)" }
        if !drafts.isEmpty {
            lines.append(style.yellow("\(obeyed.draftName) sets other limits, \(obeyed.nextStep)"))
            lines += drafts.map(TextTable.printable)
        }
        return lines.joined(separator: "\n")
    }

    private var facts: [(String, String)] {
        var facts = [
            ("type", agent.role), ("chapter", agent.chapter ?? "-"), ("model", agent.model.text), ("prompt", prompt),
            ("file", agent.location.description), ("commit", commit),
        ]
        if let listing {
            facts.append(
                (
                    "status",
                    "\(listing.status.rawValue): \(listing.running) running, \(listing.queued) queued, "
                        + "\(listing.waiting) waiting"
                ))
            if let pause = listing.health.pause { facts.append(("pause", pause.text { LocalTime.text($0) })) }
        }
        if let schema = agent.outputSchema { facts.append(("output schema", schema)) }
        if !agent.capabilities.isEmpty { facts.append(("capabilities", agent.capabilities.joined(separator: ", "))) }
        if !agent.labels.isEmpty {
            let labels = agent.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            facts.append(("labels", labels.joined(separator: ", ")))
        }
        let required = agent.dependencies.requires.map(\.version.description)
        if !required.isEmpty { facts.append(("requires", required.joined(separator: ", "))) }
        if !agent.dependencies.notifies.isEmpty {
            facts.append(("notifies", agent.dependencies.notifies.joined(separator: ", ")))
        }
        return facts
    }

    private func indented(_ lines: [String]) -> [String] {
        lines.isEmpty ? ["  none"] : lines.map { "  " + TextTable.printable($0) }
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count) + 1) }
}

extension ToolScope {
    /// A word, or the list of patterns.
    var json: JSONValue {
        guard case .patterns(let patterns) = self else { return .string(description) }
        return .array(patterns.map { .string($0.description) })
    }
}

extension Trigger {
    var json: JSONValue {
        [
            "type": .string(kind.rawValue), "source": .optional(source),
            "events": .array(events.map { .string($0.description) }),
            "conditions": conditions.map { .string($0.text) } ?? .null,
            "priority": .optional(priority?.name), "schedule": .optional(cron?.expression),
            "timezone": .optional(cron?.timezone),
            "on": Container.json(cron?.containers ?? []), "from": .string(location.description),
        ]
    }
}
