import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

/// Everything that the codex says about one agent, and the defaults for everything else.
struct AgentResult: CommandResult {
    /// A limit in force, in words and as a number of its unit.
    struct InForce: Sendable {
        let name: String
        let shown: String
        let value: Int64
        let unit: String
        let origin: String
        /// What a commit that is not accepted says instead.
        var draft: (shown: String, value: Int64, origin: String)?
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
        (self.agent, self.listing, self.obeyed) = (agent, listing, obeyed)
        commit = snapshot.commit
        let drafts = Self.limits(of: agent, in: snapshot)
        var limits = Self.limits(of: obeyed.snapshot.agent(agent.name) ?? agent, in: obeyed.snapshot)
        for index in limits.indices {
            let draft = drafts.first { $0.name == limits[index].name }
            guard let draft, draft.value != limits[index].value else { continue }
            limits[index].draft = (draft.shown, draft.value, draft.origin)
        }
        self.limits = limits
        unlimited = drafts.filter { draft in !limits.contains { $0.name == draft.name } }
    }

    /// Limits that only the commit that is not accepted sets.
    private let unlimited: [InForce]

    static func limits(of agent: AgentManifest, in snapshot: CodexSnapshot) -> [InForce] {
        let limits = snapshot.limits(of: agent)
        var list = AccountReport.limits(of: agent, in: snapshot).map { limit in
            switch limit.amount {
            case .tokens(let count):
                InForce(
                    name: limit.name, shown: Amount.grouped(count), value: count, unit: "tokens", origin: limit.origin)
            case .microdollars(let cost):
                InForce(
                    name: limit.name, shown: Money.dollars(cost), value: cost, unit: "microdollars",
                    origin: limit.origin)
            }
        }
        if let window = limits.contextWindow.value {
            list.append(
                InForce(
                    name: "contextWindow", shown: Amount.grouped(window), value: window, unit: "tokens",
                    origin: limits.contextWindow.origin.description))
        }
        let duration = limits.maxActiveDuration
        list.append(
            InForce(
                name: "maxActiveDuration", shown: Amount.duration(duration.value),
                value: duration.value.microseconds / 1000, unit: "milliseconds", origin: duration.origin.description))
        let concurrent = limits.maxConcurrent
        list.append(
            InForce(
                name: "maxConcurrent", shown: String(concurrent.value), value: Int64(concurrent.value),
                unit: "invocations", origin: concurrent.origin.description))
        return list + caps(of: agent, in: snapshot)
    }

    private static func caps(of agent: AgentManifest, in snapshot: CodexSnapshot) -> [InForce] {
        ActionCap.allCases.map { cap in
            let limit = snapshot.limit(cap, of: agent)
            return InForce(
                name: cap.key, shown: Amount.grouped(limit.value), value: limit.value, unit: "actions",
                origin: limit.origin.description)
        }
    }

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
                    "name": .string($0.name), "value": .integer($0.value), "unit": .string($0.unit),
                    "from": .string($0.origin), "not_accepted": .optional($0.draft?.value),
                ]
            })
        object["limits_commit"] = .string(obeyed.snapshot.commit)
        object["requires"] = .array(agent.dependencies.requires.map { .string($0.version.description) })
        object["notifies"] = .array(agent.dependencies.notifies.map { .string($0) })
        return .object(object)
    }

    var table: TextTable {
        TextTable(["LIMIT", "VALUE", "UNIT", "FROM"], limits.map { [$0.name, String($0.value), $0.unit, $0.origin] })
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
        let table = TextTable(["  LIMIT", "VALUE", "FROM"], limits.map { ["  " + $0.name, $0.shown, $0.origin] })
        lines.append(table.text(style, showsHeadings: !isQuiet))
        let drafts =
            limits.compactMap { limit in limit.draft.map { "  \(limit.name)  \($0.shown)  \($0.origin)" } }
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

extension ModelChoice {
    var text: String {
        switch self {
        case .named(let name): return name
        case .requires(let capabilities, let prefer, _):
            let needed = capabilities.isEmpty ? "any" : "any with " + capabilities.joined(separator: ", ")
            return prefer.isEmpty ? needed : needed + "; rather " + prefer.joined(separator: ", ")
        }
    }
}

extension ToolScope {
    /// A word, or the list of patterns.
    var json: JSONValue {
        guard case .patterns(let patterns) = self else { return .string(description) }
        return .array(patterns.map { .string($0.description) })
    }
}

extension Trigger {
    var text: String {
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

extension EventPattern {
    /// Alternatives shown of a pattern that has many.
    private static let shownAlternatives = 3

    /// The pattern in words.
    var text: String {
        let shown = alternatives.prefix(Self.shownAlternatives).map { alternative in
            alternative.fields.map { "\(FieldPath.text($0.path)) is \($0.expected)" }.joined(separator: " and ")
        }
        return shown.joined(separator: ", or ") + (alternatives.count > Self.shownAlternatives ? ", or …" : "")
    }

    /// The same, and another text for another pattern though what differs is not shown.
    var distinctText: String {
        let isShort =
            alternatives.count <= Self.shownAlternatives
            && alternatives.allSatisfy { $0.fields.allSatisfy { $0.tests.count <= ValueTest.namedInWords } }
        guard !isShort else { return text }
        let digest = Identifier<EventPattern>(derivedFrom: alternatives.map { "\($0.fields)" })
        return "\(text) (\(digest.description.suffix(8).lowercased()))"
    }
}
