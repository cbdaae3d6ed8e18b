package import GuildDomain

/// `kind: Agent`: a persona, its triggers and its permissions.
///
/// Copies share their content: a codex has thousands of agents, and each reload and each list copies them.
package struct AgentManifest: Manifest {
    /// The content of the manifest.
    struct Fields: Sendable, Hashable {
        var metadata: Metadata
        var chapter: String?
        var role: String
        var version: SemanticVersion?
        var description: String?
        var prompt: PromptSource
        var model: ModelChoice = .any
        var triggers: [Trigger] = []
        var resources = ResourceLimits()
        var capabilities: [String] = []
        var context: [ContextSource] = []
        var tools: [ToolRule] = []
        var dependencies = AgentDependencies()
        var safety = AgentSafety()
        var outputSchema: String?
    }

    private final class Shared: Sendable {
        let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    private let shared: Shared

    init(_ fields: Fields) { shared = Shared(fields) }

    package var metadata: Metadata { shared.fields.metadata }
    /// The owning chapter; nil if the agent belongs to the organisation.
    package var chapter: String? { shared.fields.chapter }
    /// `spec.type`; several agents may share a role.
    package var role: String { shared.fields.role }
    package var version: SemanticVersion? { shared.fields.version }
    package var description: String? { shared.fields.description }
    package var prompt: PromptSource { shared.fields.prompt }
    package var model: ModelChoice { shared.fields.model }
    package var triggers: [Trigger] { shared.fields.triggers }
    package var resources: ResourceLimits { shared.fields.resources }
    package var capabilities: [String] { shared.fields.capabilities }
    package var context: [ContextSource] { shared.fields.context }
    /// In order; the first rule whose pattern and `on:` match decides, and a call that no rule matches is denied.
    package var tools: [ToolRule] { shared.fields.tools }
    package var dependencies: AgentDependencies { shared.fields.dependencies }
    package var safety: AgentSafety { shared.fields.safety }
    /// A file below the codex root holding the JSON Schema of the final answer.
    package var outputSchema: String? { shared.fields.outputSchema }

    package static func == (left: Self, right: Self) -> Bool {
        left.shared === right.shared || left.shared.fields == right.shared.fields
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(metadata.name) }
}

/// The source of the system prompt.
package enum PromptSource: Sendable, Hashable {
    /// A path below the codex root.
    case file(String)
    case inline(String)
}

/// Which model an agent asks for.
package enum ModelChoice: Sendable, Hashable {
    /// A name in the LLMRegistry, or `provider/model`.
    case named(String)
    /// Any provider with all `capabilities`, those of `prefer` first.
    case requires(capabilities: [String], prefer: [String], strategy: ModelStrategy?)

    package static let any = ModelChoice.requires(capabilities: [], prefer: [], strategy: nil)
}

/// How to pick a model if several are possible.
package enum ModelStrategy: String, Sendable, CaseIterable {
    case costOptimized = "cost_optimized"
    case qualityFirst = "quality_first"
    case costQualityBalanced = "cost_quality_balanced"
    case agentSpecific = "agent_specific"
}

/// Something fetched for each invocation before the first model call.
package enum ContextSource: Sendable, Hashable {
    /// Files of the codex, by a glob on their path.
    case codex(Glob, pattern: String)
    case http(url: String, connector: String?)
    /// A read operation; its arguments hold Mustache templates.
    case tool(name: String, arguments: JSONValue)
    case memory(scope: String, query: String?, limit: Int)
}

/// The agents that an agent requires and those that it notifies.
package struct AgentDependencies: Sendable, Hashable {
    package struct Requirement: Sendable, Hashable {
        /// The agent and the versions of it that will do.
        package var version: VersionRequirement
        package var location: SourceLocation
        /// `spec.dependencies.requires[0]`, as the manifest counts.
        package var path: String

        package var agent: String { version.name }
    }

    package var requires: [Requirement] = []
    package var notifies: [String] = []

    package init() {}
}

/// `spec.safety`: the persona's general limits towards people and systems.
package struct AgentSafety: Sendable, Hashable {
    package var canEscalateToHuman: Bool?
    package var canModifyJira: Bool?
    package var canSendDirectMessages: Bool?
    package var maxDirectMessagesPerDay: Int?

    package init() {}
}
