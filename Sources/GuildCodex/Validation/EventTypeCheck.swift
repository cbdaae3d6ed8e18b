import GuildDomain

/// Warns of triggers and rules that no event can match: by the table of types of the system that they name, or, if they
/// name none, of every system that sends to this codex.
struct EventTypeCheck {
    /// Whose types are known, by name.
    private let tables: [String: EventTypeTable]
    /// The systems that events can come from.
    private let known: Set<String>
    /// Whether the types of all senders that the codex declares are known.
    private let isClosed: Bool
    private let findings: Findings
    /// Globs that were found to match something, because many agents share one.
    private var good: Set<String> = []

    init(codex: DecodedCodex, systems: SystemCatalogue, findings: Findings) {
        let senders = codex.senders
        let tables = systems.systems.compactMap { system in EventTypeTable(system).map { (system.name, $0) } }
        self.tables = Dictionary(tables) { first, _ in first }
        known = SystemCatalogue.reserved.union(senders).union(codex.connectors.map { $0.system.lowercased() })
            .union(systems.systems.filter { $0.webhooks != nil }.map(\.name))
        isClosed = senders.isSubset(of: tables.map { $0.0 })
        self.findings = findings
    }

    func checkSource(_ reference: Reference) {
        guard !known.contains(reference.name.lowercased()) else { return }
        findings.report(
            reference, "no system \(quoted(reference.name)) sends events", nearestOf: known.sorted(),
            expected: "one of \(known.sorted().joined(separator: ", ")), or a WebhookEndpoint of that system",
            severity: .warning)
    }

    /// - Parameter source: the system that the events must come from; nil is any.
    mutating func checkType(_ reference: Reference, of source: String?) {
        let key = "\(source?.lowercased() ?? "") \(reference.name)"
        guard !good.contains(key) else { return }
        guard let objection = objection(to: reference.name, of: source?.lowercased()) else {
            good.insert(key)
            return
        }
        findings.add(
            Problem(
                .warning, at: reference.location, path: reference.path, found: objection.found,
                expected: objection.suggestion == nil ? objection.expected : nil, suggestion: objection.suggestion))
    }

    private func objection(to name: String, of source: String?) -> EventTypeTable.Objection? {
        if let source { return tables[source]?.objection(to: name, findings) }
        // A sender whose types nobody knows may use any name.
        guard isClosed, !tables.isEmpty else { return nil }
        let objections = tables.sorted { $0.key < $1.key }.map { $0.value.objection(to: name, findings) }
        // People send events of their own types; so only what is near to a known type, or part of one, is a mistake.
        guard objections.allSatisfy({ $0?.isLikely == true }) else { return nil }
        return objections.compactMap(\.self).first
    }
}

/// The types of one sender's events.
private struct EventTypeTable {
    struct Objection {
        let found: String
        var expected: String?
        var suggestion: String?
        /// Whether it is a mistake even if the trigger names no system.
        var isLikely: Bool
    }

    private let title: String
    private let types: [EventTypeProfile]
    /// Every documented value of `type`.
    private let names: [String]
    private let guildEvents: [String]

    /// Nil if the system's types are left to its users.
    init?(_ system: SystemProfile) {
        guard let types = system.webhooks?.eventTypes, !types.isEmpty else { return nil }
        title = system.title
        self.types = types
        names = types.flatMap(\.types)
        guildEvents = types.flatMap(\.guildEvents)
    }

    /// Why no event's type or `guildevent` can match the glob; nil if one can.
    func objection(to name: String, _ findings: Findings) -> Objection? {
        let glob = Glob(name)
        guard !guildEvents.contains(where: glob.matches) else { return nil }
        guard glob.isLiteral else { return objection(to: glob) }
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let head = parts.first, let type = types.first(where: { $0.name == head }) else {
            return unknown(name, findings)
        }
        guard parts.count == 2 else {
            guard type.hasAction else { return nil }
            let example = type.actions.first.map { " or `\(head).\($0)`" } ?? ""
            return Objection(
                found: "\(title)'s \(quoted(head)) events have an action, so \(quoted(head)) alone matches none",
                expected: "`\(head).*`\(example)", isLikely: true)
        }
        guard type.hasAction else {
            return Objection(
                found: "\(title)'s \(quoted(head)) events have no action", suggestion: head, isLikely: true)
        }
        guard !type.actions.isEmpty, !type.actions.contains(parts[1]) else { return nil }
        return Objection(
            found: "\(title) documents no action \(quoted(parts[1])) of \(quoted(head))",
            expected: "one of \(type.actions.joined(separator: ", "))",
            suggestion: findings.nearest(to: parts[1], in: type.actions).map { "\(head).\($0)" }, isLikely: true)
    }

    private func unknown(_ name: String, _ findings: Findings) -> Objection {
        // The sender's own spelling first, unless the name is written as guild's are.
        let known = names + types.map(\.name)
        let isOurs = name == name.uppercased()
        let suggestion =
            findings.nearest(to: name, in: isOurs ? guildEvents : known)
            ?? findings.nearest(to: name, in: isOurs ? known : guildEvents)
        // Names in capitals are of guild's own making, and others may be near.
        let isLikely = suggestion != nil && name == name.lowercased()
        return Objection(
            found: "\(title) sends no event \(quoted(name))",
            expected: "a documented type\(names.first.map { ", such as `\($0)`" } ?? "")", suggestion: suggestion,
            isLikely: isLikely)
    }

    private func objection(to glob: Glob) -> Objection? {
        // Of a type with unknown actions any may come.
        let canMatch =
            names.contains(where: glob.matches)
            || types.contains { $0.hasAction && $0.actions.isEmpty && glob.description.hasPrefix($0.name + ".") }
        guard !canMatch else { return nil }
        return Objection(
            found: "\(title) sends no event that matches \(quoted(glob.description))",
            expected: "a pattern of documented types", isLikely: false)
    }
}

extension DecodedCodex {
    /// The systems whose webhooks the codex takes, in lower case.
    var senders: Set<String> { Set(endpoints.map { $0.system.lowercased() }) }
}

extension NodeReader {
    /// The system that events come from.
    func eventSource() -> String? { filledText().map { reference(.eventSource, $0) } }

    /// A list of globs of event types; one counts as a list of one.
    func eventTypes(of source: String?) -> [Glob] {
        elements(orOne: true).compactMap { element in
            element.filledText().map { Glob(element.reference(.eventType(source: source), $0)) }
        }
    }
}
