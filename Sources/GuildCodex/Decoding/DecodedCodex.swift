import GuildDomain

/// The kinds of manifest there are.
enum ManifestKind: String, CaseIterable {
    case guild = "Guild"
    case agent = "Agent"
    case chapter = "Chapter"
    case llmRegistry = "LLMRegistry"
    case routingPolicy = "RoutingPolicy"
    case webhookEndpoint = "WebhookEndpoint"
    case connector = "Connector"
    case rateLimitPolicy = "RateLimitPolicy"
    case schedulingPolicy = "SchedulingPolicy"
    case safetyPolicy = "SafetyPolicy"
    case privacyPolicy = "PrivacyPolicy"
    case feedAggregator = "FeedAggregator"
    case notificationPolicy = "NotificationPolicy"
    case swarm = "Swarm"
}

/// Every manifest of one tree, decoded; names may still clash and references dangle.
struct DecodedCodex: Sendable {
    var guilds: [GuildManifest] = []
    var agents: [AgentManifest] = []
    var chapters: [ChapterManifest] = []
    var registries: [LLMRegistryManifest] = []
    var routing: [RoutingPolicyManifest] = []
    var endpoints: [WebhookEndpointManifest] = []
    var connectors: [ConnectorManifest] = []
    var rateLimits: [RateLimitPolicy] = []
    var scheduling: [SchedulingPolicy] = []
    var safety: [SafetyPolicy] = []
    var privacy: [PrivacyPolicy] = []
    var feeds: [FeedAggregator] = []
    var notifications: [NotificationPolicy] = []
    var swarms: [Swarm] = []

    private static let apiVersion = "guild/v1"

    /// Decodes the documents of one file.
    init(_ documents: [NodeReader]) { for document in documents { decode(document) } }

    init(merging files: [DecodedFile]) {
        for file in files { append(file.codex) }
    }

    private mutating func append(_ other: DecodedCodex) {
        // Nearly every file is one agent.
        agents += other.agents
        guard other.agents.isEmpty || other.hasMore else { return }
        guilds += other.guilds
        chapters += other.chapters
        registries += other.registries
        routing += other.routing
        endpoints += other.endpoints
        connectors += other.connectors
        rateLimits += other.rateLimits
        scheduling += other.scheduling
        safety += other.safety
        privacy += other.privacy
        feeds += other.feeds
        notifications += other.notifications
        swarms += other.swarms
    }

    private var hasMore: Bool {
        !(guilds.isEmpty && chapters.isEmpty && registries.isEmpty && routing.isEmpty && endpoints.isEmpty
            && connectors.isEmpty && rateLimits.isEmpty && scheduling.isEmpty && safety.isEmpty && privacy.isEmpty
            && feeds.isEmpty && notifications.isEmpty && swarms.isEmpty)
    }

    private mutating func decode(_ document: NodeReader) {
        document.mapping { root in
            if let version = root.required("apiVersion", Self.apiVersion), let text = version.filledText(),
                text != Self.apiVersion
            {
                version.mismatch(Self.apiVersion)
            }
            let kind = root.required("kind", "one of " + ManifestKind.allCases.map(\.rawValue).joined(separator: ", "))?
                .read(.oneOf(ManifestKind.self))
            let (metadata, chapter) = Self.metadata(root, kind)
            let spec = kind == .guild ? root["spec"] : root.required("spec", "a mapping")
            guard let kind, let metadata else { return }
            guard let spec else {
                if kind == .guild { guilds.append(GuildManifest(metadata: metadata)) }
                return
            }
            spec.mapping { add(kind, metadata, chapter: chapter, spec: $0) }
        }
    }

    private mutating func add(_ kind: ManifestKind, _ metadata: Metadata, chapter: String?, spec: MappingReader) {
        switch kind {
        case .guild: guilds.append(GuildManifest(metadata, spec: spec))
        case .agent: agents.append(AgentManifest(metadata, chapter: chapter, spec: spec))
        case .chapter: chapters.append(ChapterManifest(metadata, spec: spec))
        case .llmRegistry: registries.append(LLMRegistryManifest(metadata, spec: spec))
        case .routingPolicy: routing.append(RoutingPolicyManifest(metadata, spec: spec))
        case .webhookEndpoint: endpoints.append(WebhookEndpointManifest(metadata, spec: spec))
        case .connector: connectors.append(ConnectorManifest(metadata, spec: spec))
        case .rateLimitPolicy: rateLimits.append(RateLimitPolicy(metadata, spec: spec))
        case .schedulingPolicy: scheduling.append(SchedulingPolicy(metadata, spec: spec))
        case .safetyPolicy: safety.append(SafetyPolicy(metadata, spec: spec))
        case .privacyPolicy: privacy.append(PrivacyPolicy(metadata, spec: spec))
        case .feedAggregator: feeds.append(FeedAggregator(metadata, spec: spec))
        case .notificationPolicy: notifications.append(NotificationPolicy(metadata, spec: spec))
        case .swarm: swarms.append(Swarm(metadata, spec: spec))
        }
    }

    private static func metadata(_ root: MappingReader, _ kind: ManifestKind?) -> (Metadata?, chapter: String?) {
        var chapter: String?
        let metadata = root.required("metadata", "a mapping with `name`")?.mapping { reader -> Metadata? in
            let name = reader.required("name", "a DNS label")?.read(.dnsLabel)
            let labels = reader["labels"]?.labels() ?? [:]
            let annotations = reader["annotations"]?.labels() ?? [:]
            if kind == .agent || kind == nil { chapter = reader["chapter"]?.name(of: .chapter)?.lowercased() }
            return name.map {
                Metadata(name: $0, labels: labels, annotations: annotations, location: root.reader.location)
            }
        }
        return (metadata, chapter)
    }
}

/// Which files are manifests. The kind decides and the folder is a convention, but data that happens to be YAML or
/// JSON must not be taken for one.
enum ManifestFiles {
    private static let manifestFolders: Set<Substring> = [
        "agents", "chapters", "routing", "policies", "ingress", "connectors", "egress", "providers", "swarms",
    ]
    private static let dataFolders: Set<Substring> = ["prompts", "recordings", "adr", "state", "schemas"]

    /// Text that an agent could name as its prompt.
    static func mayBePrompt(_ file: CodexFile) -> Bool {
        file.path.hasSuffix(".md") || file.path.hasSuffix(".mustache")
    }

    static func isManifest(_ file: CodexFile) -> Bool {
        guard [".yaml", ".yml", ".json"].contains(where: { file.path.hasSuffix($0) }) else { return false }
        let steps = file.path.split(separator: "/")
        guard let first = steps.first, !dataFolders.contains(first) else { return false }
        if file.path == "guild.yaml" || (steps.count > 1 && manifestFolders.contains(first)) { return true }
        // Anywhere else the file must identify itself as ours.
        guard file.bytes.count <= ManifestParser.Limit.fileBytes else { return false }
        return String(decoding: file.bytes, as: UTF8.self).contains("guild/v1")
    }
}
