package import GuildDomain

/// The codex at one commit, complete and immutable; guild runs on it.
///
/// A class, because it is handed on with each run and each request, and a copy of so many parts costs as much.
package final class CodexSnapshot: Sendable {
    /// 40 hexadecimal digits, or `worktree:` and a digest of the files.
    package let commit: String
    /// The document of kind `Guild`.
    package let guild: GuildManifest
    /// By name, in lower case.
    package let agents: [String: AgentManifest]
    /// How many invocations of each agent may run at once; asked for with each claim.
    package let concurrencyLimits: [String: Int]
    /// By name, in lower case.
    package let chapters: [String: ChapterManifest]
    /// In the order of their names.
    package let routing: [RoutingPolicyManifest]
    /// The webhook endpoints, by system and name.
    package let endpoints: [WebhookEndpointManifest]
    /// The connectors, by name.
    package let connectors: [ConnectorManifest]
    /// The model registries, as written.
    package let registries: [LLMRegistryManifest]
    /// Every model in the order in which they are tried: by priority, then as written.
    package let providers: [ModelProviderManifest]
    /// The rate limits of the policies, of the endpoints and of the connectors.
    package let rates: RateRules
    /// Scheduling policies, by name.
    package let scheduling: [SchedulingPolicy]
    /// Safety policies, by name.
    package let safetyPolicies: [SafetyPolicy]
    /// All safety policies taken together.
    package let safety: SafetyRules
    /// Privacy policies, by name.
    package let privacy: [PrivacyPolicy]
    /// Feed aggregators; without effect yet.
    package let feeds: [FeedAggregator]
    /// Notification policies; without effect yet.
    package let notifications: [NotificationPolicy]
    /// Swarms; without effect yet.
    package let swarms: [Swarm]

    /// The settings of the organisation: a policy's value, or else that of `guild.yaml`, or else the built-in one. The
    /// strictest of several policies counts.
    package let settings: GuildSettings

    /// Sorted once: manifests are too large to sort, or to keep twice.
    private let agentNames: [String]
    private let contents: [String: [UInt8]]
    /// The external systems that this build knows.
    let systems: SystemCatalogue

    static let worktreePrefix = "worktree:"

    init(
        commit: String, codex: DecodedCodex, guild: GuildManifest, contents: [String: [UInt8]],
        systems: SystemCatalogue
    ) {
        self.commit = commit
        self.guild = guild
        self.contents = contents
        self.systems = systems
        let agents = Self.byName(codex.agents)
        self.agents = agents
        agentNames = agents.keys.sorted()
        let common = guild.defaults.resources.maxConcurrent ?? Defaults.maxConcurrent
        concurrencyLimits = Dictionary(
            agents.values.lazy.map { ($0.name, $0.resources.maxConcurrent ?? common) },
            uniquingKeysWith: { first, _ in first })
        chapters = Self.byName(codex.chapters)
        routing = codex.routing.sorted { $0.name < $1.name }
        endpoints = codex.endpoints.sorted { ($0.system, $0.name) < ($1.system, $1.name) }
        connectors = codex.connectors.sorted { $0.name < $1.name }
        registries = codex.registries.sorted { $0.name < $1.name }
        providers = registries.flatMap(\.providers).enumerated()
            .sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }.map(\.element)
        rates = RateRules(
            codex.rateLimits, agents: agents, chapters: chapters, endpoints: endpoints, connectors: connectors)
        scheduling = codex.scheduling.sorted { $0.name < $1.name }
        safetyPolicies = codex.safety.sorted { $0.name < $1.name }
        safety = SafetyRules(safetyPolicies)
        privacy = codex.privacy.sorted { $0.name < $1.name }
        feeds = codex.feeds.sorted { $0.name < $1.name }
        notifications = codex.notifications.sorted { $0.name < $1.name }
        swarms = codex.swarms.sorted { $0.name < $1.name }
        settings = GuildSettings(guild, scheduling: scheduling, safety: safetyPolicies, systems: systems)
    }

    /// Whether the files were uncommitted.
    package var isWorktree: Bool { commit.hasPrefix(Self.worktreePrefix) }

    /// Finds `Ranger` as `ranger`.
    package func agent(_ name: String) -> AgentManifest? { agents[name.lowercased()] }

    /// Every agent in the order of their names.
    package var agentsByName: [AgentManifest] { agentNames.compactMap { agents[$0] } }

    /// The chapter of that name, in any case.
    package func chapter(_ name: String) -> ChapterManifest? { chapters[name.lowercased()] }

    /// The connector of that name, in any case.
    package func connector(_ name: String) -> ConnectorManifest? {
        connectors.first { $0.name == name.lowercased() }
    }

    /// The model of that name in any case, or of `provider/model`: a model that the registry does not list borrows the
    /// provider's key and address, and has no prices.
    package func provider(named name: String) -> ModelProviderManifest? { providers.provider(named: name) }

    /// Providers tried in order when the chosen one fails.
    package var fallbackChain: [String] { registries.flatMap(\.routing.fallbackChain) }

    /// The JSON Schema that the agent's final answer must satisfy; nil if it names none.
    ///
    /// - Throws: only for an agent of another snapshot; a snapshot's own schemas were parsed when it was loaded.
    package func outputSchema(of agent: AgentManifest) throws -> JSONSchema? {
        guard let path = agent.outputSchema else { return nil }
        return try JSONSchema(parsing: try JSONParser.parse(contents[path] ?? []))
    }

    /// The bytes of a file; `path` is relative to the codex root.
    package func file(_ path: String) -> [UInt8]? { contents[path] }

    /// The paths that match, sorted.
    package func files(matching glob: Glob) -> [String] { contents.keys.filter { glob.matches($0) }.sorted() }

    /// The system prompt's template, without front matter. Empty for an agent of another snapshot whose file is not
    /// here.
    package func prompt(of agent: AgentManifest) -> String {
        switch agent.prompt {
        case .inline(let text): text
        case .file(let path): FrontMatter.removed(from: String(decoding: contents[path] ?? [], as: UTF8.self))
        }
    }

    /// The path of the answers that a `replay` model gives for an agent.
    package func recording(of provider: ModelProviderManifest, for agent: AgentManifest) -> String {
        provider.recording ?? "recordings/\(agent.name).jsonl"
    }

    private static func byName<Item: Manifest>(_ manifests: [Item]) -> [String: Item] {
        Dictionary(manifests.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }
}
