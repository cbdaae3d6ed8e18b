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

    /// Name, labels and place of the manifest.
    package var metadata: Metadata { shared.fields.metadata }
    /// The owning chapter; nil if the agent belongs to the organisation.
    package var chapter: String? { shared.fields.chapter }
    /// `spec.type`; several agents may share a role.
    package var role: String { shared.fields.role }
    /// `spec.version`; nil if it is not set.
    package var version: SemanticVersion? { shared.fields.version }
    package var description: String? { shared.fields.description }
    /// The source of the system prompt.
    package var prompt: PromptSource { shared.fields.prompt }
    /// How the model is chosen.
    package var model: ModelChoice { shared.fields.model }
    /// The events and times that call the agent, in their order.
    package var triggers: [Trigger] { shared.fields.triggers }
    /// The limits as written; `CodexSnapshot.limits(of:)` returns those in force.
    package var resources: ResourceLimits { shared.fields.resources }
    /// Words that describe the agent; discovery filters by them.
    package var capabilities: [String] { shared.fields.capabilities }
    /// Files and other data that go into each request.
    package var context: [ContextSource] { shared.fields.context }
    /// In order; the first rule whose pattern and `on:` match decides, and a call that no rule matches is denied.
    package var tools: [ToolRule] { shared.fields.tools }
    /// The agents that it requires and notifies.
    package var dependencies: AgentDependencies { shared.fields.dependencies }
    /// The `safety` block, which has no effect yet.
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

    /// Any model: no capability is required.
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
    /// A required agent, with a range of versions.
    package struct Requirement: Sendable, Hashable {
        /// The agent and the versions of it that will do.
        package var version: VersionRequirement
        /// Where the requirement is written.
        package var location: SourceLocation
        /// `spec.dependencies.requires[0]`, as the manifest counts.
        package var path: String

        /// The name of the required agent.
        package var agent: String { version.name }
    }

    /// The agents that must exist, with their versions.
    package var requires: [Requirement] = []
    /// The agents that it notifies; without effect yet.
    package var notifies: [String] = []

    package init() {}
}

/// `spec.safety`: the persona's general limits towards people and systems.
package struct AgentSafety: Sendable, Hashable {
    /// Whether the agent may ask a person.
    package var canEscalateToHuman: Bool?
    /// Whether the agent may change Jira issues.
    package var canModifyJira: Bool?
    /// Whether the agent may send direct messages.
    package var canSendDirectMessages: Bool?
    /// The most direct messages in a day.
    package var maxDirectMessagesPerDay: Int?

    package init() {}
}
