import GuildBudgets
import GuildCitadel
package import GuildCodex
import GuildControl
package import GuildDomain
import GuildLedger

/// Everything that the codex says about one agent, and the defaults for everything else.
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

    struct Document: Encodable {
        struct Tool: Encodable {
            let pattern: String
            let autonomy: Int
            let meaning: String
            let on: ToolScope
            let from: String
        }

        struct Limit: Encodable {
            let name: String
            let value: Int64
            let unit: String
            let from: String
            let notAccepted: Int64?
        }

        let listing: JSONValue
        let commit: String
        let file: String
        let prompt: String
        let model: String
        let outputSchema: String?
        let triggers: [Trigger]
        let tools: [Tool]
        let limits: [Limit]
        let limitsCommit: String
        let requires: [String]
        let notifies: [String]

        private enum CodingKeys: String, CodingKey {
            case listing = ""
            case commit, file, prompt, model, outputSchema, triggers, tools, limits, limitsCommit, requires, notifies
        }
    }

    var document: Document {
        Document(
            listing: listing?.json ?? ["name": .string(agent.name)], commit: commit, file: agent.location.description,
            prompt: prompt, model: agent.model.text, outputSchema: agent.outputSchema, triggers: agent.triggers,
            tools: agent.tools.map {
                Document.Tool(
                    pattern: $0.pattern, autonomy: $0.autonomy.rawValue, meaning: $0.autonomy.meaning, on: $0.scope,
                    from: $0.location.description)
            },
            limits: limits.map {
                Document.Limit(
                    name: $0.limit.name, value: $0.limit.value, unit: $0.limit.unit.rawValue, from: $0.limit.origin,
                    notAccepted: $0.draft?.value)
            }, limitsCommit: obeyed.snapshot.commit,
            requires: agent.dependencies.requires.map(\.version.description), notifies: agent.dependencies.notifies)
    }

    var rows: [LimitInForce] { limits.map(\.limit) }

    var columns: [Column<LimitInForce>] {
        [
            .text("LIMIT", \.name), .number("VALUE", \.value), .text("UNIT", \.unit.rawValue),
            .text("FROM", \.origin),
        ]
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

extension ToolScope: JSONShape {
    /// A word, or the list of patterns.
    package var json: JSONValue {
        guard case .patterns(let patterns) = self else { return .string(description) }
        return .array(patterns.map { .string($0.description) })
    }
}

extension Trigger: JSONShape {
    package var json: JSONValue {
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
