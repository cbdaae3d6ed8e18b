package import GuildCodex
package import GuildConnectors
package import GuildDomain
import GuildLedger

/// The request, reservation and permissions of a run, without calling anything.
package struct DryRun: Sendable {
    /// The agent's name.
    package let agent: String
    /// The commit of its prompt and tools.
    package let commit: String
    /// The model's name at the provider.
    package let model: String
    /// The provider's name in the registry.
    package let provider: String
    /// The first request.
    package let request: ModelRequest
    /// The key of the first answer in a recording.
    package let key: String
    /// Each tool with its rules; the first one that applies in the place that calls the run decides.
    package let tools: [(tool: ModelTool, rules: [ToolRule])]
    /// The place that would call the run.
    package let place: RunPlace
    /// The reserved input, in tokens.
    package let reservedInput: Int64
    /// The reserved output, in tokens.
    package let reservedOutput: Int64
    /// Micro-dollars; nil if the price is unknown.
    package let reservedCost: Int64?
    /// The limit of one invocation, in tokens.
    package let perInvocation: Int64

    /// Builds the first request of a run, without calling anything.
    package static func make(
        agent: AgentManifest, event: Event, options: RunOptions, in snapshot: CodexSnapshot, connectors: Connectors,
        now: Timestamp
    ) throws -> DryRun {
        let invocation = Invocation(
            id: InvocationID(now: now), agent: agent.name, chapter: agent.chapter, commit: snapshot.commit,
            event: event.id, root: event.root, createdAt: now)
        let place = RunPlace(event, on: options.containers)
        let toolBox = ToolBox(agent, in: snapshot, safety: snapshot.safety, connectors: connectors, place: place)
        let builder = try RequestBuilder(
            snapshot: snapshot, agent: agent, event: event, invocation: invocation,
            options: options, tools: toolBox.tools, outputSchema: try snapshot.outputSchema(of: agent))
        let candidates = try ModelSelection.candidates(for: agent, override: options.model, in: snapshot)
        guard let model = candidates.first else { throw NoModel(agent: agent.name, wanted: "any", nearest: nil) }
        let limits = InvocationLimits(agent: agent, options: options, in: snapshot, model: model)
        var trim = ContextTrim()
        let request = try builder.request(
            model: model.model, maxOutputTokens: limits.replyLimit, turns: [], trim: &trim)
        let input = InputEstimate.tokens(of: request)
        let output = Int64(limits.replyLimit)
        return DryRun(
            agent: agent.name, commit: snapshot.commit, model: model.label, provider: model.entry.vendor.rawValue,
            request: request, key: RequestDigest.key(of: request, volatile: builder.volatile()),
            tools: toolBox.tools.map { ($0, toolBox.rules(for: $0)) }, place: place, reservedInput: input,
            reservedOutput: output,
            reservedCost: model.entry.prices.map { BudgetBound.cost($0, input: input, output: output) },
            perInvocation: limits.perInvocation)
    }
}
