import GuildDomain

/// Checks that need all manifests: names are unique, referenced names exist, and tool patterns match something.
struct CrossChecks {
    private let codex: DecodedCodex
    private let files: [String: [UInt8]]
    private let findings: Findings
    private let tools: ToolCheck
    private let systems: SystemCatalogue
    private let providers: [ModelProviderManifest]
    private let agents: KnownNames
    private let chapters: KnownNames
    private let connectors: KnownNames
    private let models: KnownNames
    private let capabilities: Set<String>
    private let addresses: AddressCheck
    private var events: EventTypeCheck
    /// The matches of each glob, because many agents share one.
    private var matches: [String: Bool] = [:]
    /// Tool patterns, and lists of them, that were found to be good.
    private var goodPatterns: Set<String> = []
    private var goodTools: Set<[ToolLine]> = []
    /// The result for each schema file, because many agents share one; empty if it is valid.
    private var schemas: [String: String] = [:]

    init(codex: DecodedCodex, files: [String: [UInt8]], systems: SystemCatalogue, findings: Findings) {
        self.codex = codex
        self.files = files
        self.findings = findings
        self.systems = systems
        providers = codex.registries.flatMap(\.providers)
        tools = ToolCheck(
            catalogue: systems.operations, connectedSystems: Set(codex.connectors.map(\.system)), findings: findings)
        agents = KnownNames(codex.agents.map(\.name))
        chapters = KnownNames(codex.chapters.map(\.name))
        connectors = KnownNames(codex.connectors.map(\.name))
        models = KnownNames(providers.map(\.name))
        capabilities = Set(providers.flatMap(\.capabilities))
        addresses = AddressCheck(allowed: codex.guilds.first?.allowedOrigins ?? [])
        events = EventTypeCheck(codex: codex, systems: systems, findings: findings)
    }

    /// Checks that concern all files together.
    func checkWhole() {
        checkGuild()
        checkNames()
        checkEndpoints()
        checkConnectors()
        checkCapabilitiesOfUse()
        RequirementCheck(agents: codex.agents, findings: findings).run()
        OpenEventCheck(codex: codex, openEvents: systems.openEvents, findings: findings).run()
        PriceCheck(codex: codex, findings: findings).run()
        warnEmptyWindows()
    }

    /// Checks one file's references to others.
    ///
    /// - Returns: the problems; nil if the list of problems is already cut off.
    mutating func check(_ file: DecodedFile) -> [Problem]? {
        let before = findings.problems.count
        for reference in file.references { check(reference) }
        for agent in file.codex.agents { checkTools(of: agent) }
        return findings.isFull ? nil : Array(findings.problems[before...])
    }

    /// Reports a file's known problems again.
    func repeatKnown(_ problems: [Problem]) { for problem in problems { findings.add(problem) } }

    private mutating func checkTools(of agent: AgentManifest) {
        tools.checkContainers(of: agent)
        tools.checkPlaces(of: agent)
        let lines = agent.tools.map(ToolLine.init)
        guard !lines.isEmpty, !goodTools.contains(lines) else { return }
        let before = findings.problems.count
        tools.checkScopes(of: agent)
        tools.checkReach(of: agent)
        if findings.problems.count == before { goodTools.insert(lines) }
    }

    private mutating func checkPattern(_ reference: Reference) {
        guard !goodPatterns.contains(reference.name) else { return }
        let before = findings.problems.count
        tools.checkPattern(reference)
        if findings.problems.count == before { goodPatterns.insert(reference.name) }
    }

    // MARK: Names

    private func checkGuild() {
        if codex.guilds.isEmpty, !findings.problems.contains(where: { $0.file == "guild.yaml" }) {
            findings.add(
                Problem(
                    .error, at: SourceLocation(file: "guild.yaml"), found: "no Guild",
                    expected: "one document with `kind: Guild`"))
        }
        for guild in codex.guilds.dropFirst() {
            findings.add(
                Problem(
                    .error, at: guild.location, path: "kind",
                    found: "a second Guild; the first is at \(codex.guilds[0].location)"))
        }
    }

    private func checkNames() {
        unique(codex.agents, "agent")
        unique(codex.chapters, "chapter")
        unique(codex.registries, "LLMRegistry")
        unique(codex.routing, "routing policy")
        unique(codex.connectors, "connector")
        unique(codex.rateLimits, "rate-limit policy")
        unique(codex.scheduling, "scheduling policy")
        unique(codex.safety, "safety policy")
        unique(codex.privacy, "privacy policy")
        unique(codex.feeds, "feed")
        unique(codex.notifications, "notification policy")
        unique(codex.swarms, "swarm")
        var seen: [String: SourceLocation] = [:]
        for provider in providers {
            report(double: provider.name, "provider", provider.location, path: "spec.providers", &seen)
        }
    }

    private func unique(_ manifests: [some Manifest], _ what: String) {
        guard manifests.count > 1 else { return }
        var seen: [String: SourceLocation] = Dictionary(minimumCapacity: manifests.count)
        for manifest in manifests {
            report(double: manifest.name, what, manifest.location, path: "metadata.name", &seen)
        }
    }

    private func report(
        double name: String, _ what: String, _ location: SourceLocation, path: String,
        _ seen: inout [String: SourceLocation]
    ) {
        let key = name.lowercased()
        guard let first = seen.updateValue(location, forKey: key) else { return }
        seen[key] = first
        findings.add(
            Problem(.error, at: location, path: path, found: "a second \(what) '\(name)'; the first is at \(first)"))
    }

    private func checkEndpoints() {
        var paths: [String: SourceLocation] = [:]
        var defaults: [String: SourceLocation] = [:]
        for endpoint in codex.endpoints {
            report(
                double: "\(endpoint.system)/\(endpoint.name)", "endpoint", endpoint.location, path: "metadata.name",
                &paths)
            guard endpoint.isDefault else { continue }
            report(
                double: endpoint.system, "default endpoint of", endpoint.location, path: "spec.default", &defaults)
        }
        for (system, endpoints) in Dictionary(grouping: codex.endpoints, by: \.system).sorted(by: { $0.key < $1.key })
        where endpoints.count > 1 && defaults[system.lowercased()] == nil {
            findings.add(
                Problem(
                    .warning, at: endpoints[0].location, path: "spec.default",
                    found: "\(system) has \(endpoints.count) endpoints and no default: /webhooks/\(system) answers 404",
                    expected: "`default: true` in one of them, or /webhooks/\(system)/NAME at each sender"))
        }
    }

    /// A tool names a system, not a connector: the first connector of a system is the one that is used.
    private func checkConnectors() {
        var seen: [String: ConnectorManifest] = [:]
        for connector in codex.connectors {
            guard let first = seen[connector.system] else {
                seen[connector.system] = connector
                continue
            }
            findings.add(
                Problem(
                    .warning, at: connector.location, path: "spec.system",
                    found: "a second connector of \(connector.system), which has no effect",
                    expected: "one connector; the first is \(quoted(first.name)) at \(first.location)"))
        }
    }

    /// `use_for` that speaks of nobody is most likely misspelt.
    private func checkCapabilitiesOfUse() {
        guard providers.contains(where: { !$0.useFor.isEmpty }) else { return }
        let labels = codex.agents.flatMap { agent in agent.labels.map { "\($0.key)=\($0.value)" } }
        let known = codex.agents.flatMap { [$0.name, $0.role] } + labels
        let lowered = Set(known.map { $0.lowercased() })
        for provider in providers {
            for use in provider.useFor where !lowered.contains(use.lowercased()) {
                findings.add(
                    Problem(
                        .warning, at: provider.location, path: "spec.providers.use_for",
                        found: "no agent, type or label \(quoted(use))",
                        suggestion: findings.nearest(to: use, in: known)))
            }
        }
    }

    // MARK: References

    private mutating func check(_ reference: Reference) {
        switch reference.kind {
        case .agent: exists(reference, "agent", in: agents)
        case .chapter: exists(reference, "chapter", in: chapters)
        case .connector: exists(reference, "connector", in: connectors)
        case .provider: exists(reference, "provider", in: models)
        case .model: checkModel(reference)
        case .capability: checkCapability(reference)
        case .file(let what): checkFile(reference, what)
        case .schema: checkSchema(reference)
        case .codexGlob: checkGlob(reference)
        case .operation: tools.checkOperation(reference)
        case .toolPattern: checkPattern(reference)
        case .field(let patterns): tools.checkField(reference, of: patterns)
        case .condition(let writes, let field): tools.checkCondition(reference, field, of: writes)
        case .conditions(let writes, let fields): tools.checkConditions(reference, fields, of: writes)
        case .sender: checkSender(reference)
        case .eventSource: events.checkSource(reference)
        case .eventType(let source): events.checkType(reference, of: source)
        case .address(let carriesSecret):
            guard let objection = addresses.objection(to: reference.name, carriesSecret: carriesSecret) else { return }
            findings.report(reference, objection.found, expected: objection.expected)
        }
    }

    private func exists(_ reference: Reference, _ what: String, in names: KnownNames) {
        guard !names.contains(reference.name) else { return }
        findings.report(reference, "no \(what) \(quoted(reference.name))", nearestOf: names.all)
    }

    private func checkModel(_ reference: Reference) {
        guard !models.contains(reference.name), providers.provider(named: reference.name) == nil else { return }
        findings.report(
            reference, "no model \(quoted(reference.name))", nearestOf: models.all,
            expected: models.all.isEmpty
                ? "a provider in an LLMRegistry" : "one of " + models.all.joined(separator: ", "))
    }

    private func checkCapability(_ reference: Reference) {
        guard !capabilities.contains(reference.name) else { return }
        findings.report(
            reference, "no model has the capability \(quoted(reference.name))", nearestOf: capabilities.sorted())
    }

    /// Whose id no event can have is never limited.
    private func checkSender(_ reference: Reference) {
        let parts = reference.name.split(separator: "/", maxSplits: 1)
        guard let system = parts.first.map(String.init), parts.count == 2 else { return }
        guard let senders = systems[system]?.webhooks?.senders else {
            let known = systems.openEvents.keys.sorted()
            return findings.report(
                reference, "no system \(quoted(system)) whose senders are known", nearestOf: known,
                expected: known.map { "\($0)/ID" }.joined(separator: ", "))
        }
        let id = String(parts[1])
        guard senders.hasNumericIDs, id != EventSender.unknownID, Int64(id).map({ $0 < 1 || String($0) != id }) ?? true
        else { return }
        findings.report(
            reference, "\(quoted(id)) is not a sender's id", expected: "the account's number in \(system), not its name"
        )
    }

    private func checkFile(_ reference: Reference, _ what: String) {
        guard files[reference.name] == nil else { return }
        findings.report(reference, "no \(what) file \(quoted(reference.name))", nearestOf: files.keys)
    }

    private mutating func checkSchema(_ reference: Reference) {
        guard let bytes = files[reference.name] else { return checkFile(reference, "schema") }
        let reason = schemas[reference.name] ?? Self.objection(toSchema: bytes)
        schemas[reference.name] = reason
        if !reason.isEmpty { findings.report(reference, "\(reference.name): \(reason)") }
    }

    private static func objection(toSchema bytes: [UInt8]) -> String {
        do {
            _ = try JSONSchema(parsing: try JSONParser.parse(bytes))
            return ""
        } catch {
            return (error as? any GuildError)?.message ?? "not a JSON Schema"
        }
    }

    /// One file that is named must be there; a glob may find its first file tomorrow.
    private mutating func checkGlob(_ reference: Reference) {
        let glob = Glob(reference.name)
        guard !glob.isLiteral else { return checkFile(reference, "context") }
        let isMatched = matches[reference.name] ?? files.keys.contains { glob.matches($0) }
        matches[reference.name] = isMatched
        if !isMatched { findings.report(reference, "no file matches \(quoted(reference.name))", severity: .warning) }
    }

    private func warnEmptyWindows() {
        for policy in codex.safety {
            for freeze in policy.freezes {
                guard let from = freeze.when.from, let to = freeze.when.to, from == to else { continue }
                findings.add(
                    Problem(
                        .error, at: freeze.location, path: freeze.path + ".when",
                        found: "a window from \(from) to \(to)", expected: "two different times"))
            }
        }
    }
}

/// The parts of a tool rule that are checked, in whichever manifest it is written.
private struct ToolLine: Hashable {
    let pattern: String
    let scope: ToolScope
    let isScopeWritten: Bool

    init(_ rule: ToolRule) {
        pattern = rule.pattern
        scope = rule.scope
        isScopeWritten = rule.scopeLocation != nil
    }
}

/// Names that references may mean, in any case.
private struct KnownNames {
    private let names: [String]
    private let lowered: Set<String>

    /// Sorted; only messages need it.
    var all: [String] { names.sorted() }

    init(_ names: [String]) {
        self.names = names
        lowered = Set(names.map { $0.lowercased() })
    }

    func contains(_ name: String) -> Bool { lowered.contains(name.lowercased()) }
}

extension [ModelProviderManifest] {
    /// The provider of that name; or for `provider/model` the one that has both, or else that provider with another
    /// model, whose prices are then unknown.
    func provider(named name: String) -> ModelProviderManifest? {
        let wanted = name.lowercased()
        if let provider = first(where: { $0.name.lowercased() == wanted }) { return provider }
        guard let slash = name.firstIndex(of: "/") else { return nil }
        let owner = name[..<slash].lowercased()
        let model = String(name[name.index(after: slash)...])
        let owned = filter { $0.name.lowercased() == owner || $0.vendor.rawValue == owner }
        if let exact = owned.first(where: { $0.model.lowercased() == model.lowercased() }) { return exact }
        guard var other = owned.first, !model.isEmpty else { return nil }
        other.model = model
        other.prices = nil
        return other
    }
}
