package import GuildDomain

/// `kind: RoutingPolicy`: which agents an event goes to, beside their own triggers.
package struct RoutingPolicyManifest: Manifest {
    /// How layers are applied; only `rules` has an effect yet.
    package enum Strategy: String, Sendable, CaseIterable { case rules, hybrid }

    /// Signals for learned routing; without effect yet.
    package struct Feedback: Sendable, Hashable {
        /// The event that counts as success.
        package var successSignal: String?
        /// The event that counts as failure.
        package var failureSignal: String?
        /// The weight of latency.
        package var latencyWeight: Double?
        /// The weight of cost.
        package var costWeight: Double?

        package init() {}
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// How layers are applied.
    package var strategy: Strategy = .rules
    /// In order of their priority.
    package var layers: [RoutingLayer] = []
    /// Signals for learned routing.
    package var feedback = Feedback()

    package init(metadata: Metadata) { self.metadata = metadata }

    /// The rules of all layers in the order in which they are tried.
    package var rules: [RoutingRule] { layers.flatMap(\.rules) }
}

/// One step of routing.
package struct RoutingLayer: Sendable, Hashable {
    /// The kind of layer; only `rules` has an effect yet.
    package enum Kind: String, Sendable, CaseIterable {
        case rules
        case qLearning = "q_learning"
        case loadBalanced = "load_balanced"
    }

    /// Parameters of q_learning; without effect yet.
    package struct Learning: Sendable, Hashable {
        /// The share of a new reward.
        package var learningRate: Double?
        /// The weight of future rewards.
        package var discountFactor: Double?
        /// The share of random choices.
        package var explorationRate: Double?
        /// The observations before the layer decides.
        package var minimumSamples: Int?

        package init() {}
    }

    package var kind: Kind
    /// A lower number comes first.
    package var priority: Int
    /// The rules, in their order.
    package var rules: [RoutingRule] = []
    /// Parameters of q_learning.
    package var learning = Learning()
    /// Where the layer is written.
    package var location: SourceLocation

    package init(kind: Kind, priority: Int, location: SourceLocation = SourceLocation(file: "")) {
        self.kind = kind
        self.priority = priority
        self.location = location
    }
}

/// Sends the events it matches to agents.
package struct RoutingRule: Sendable, Hashable {
    /// Matched against `type` and `guildevent`; none means any.
    package var events: [Glob] = []
    /// The system that an event must come from; nil means any.
    package var source: String?
    /// The pattern that an event must match; nil means any.
    package var conditions: EventPattern?
    /// The agents that a matching event calls.
    package var agents: [String] = []
    /// The priority of their runs; nil keeps the event's.
    package var priority: Priority?
    /// Where the rule is written.
    package var location: SourceLocation

    package init(location: SourceLocation = SourceLocation(file: "")) { self.location = location }
}

/// Gives an event of a sender our name and a target; shared by endpoints and connectors.
package struct EventMapping: Sendable, Hashable {
    /// The event type that it maps; nil means any.
    package var sourceEvent: Glob?
    /// For a connector that polls: the path in the response, `issues[*]`.
    package var responseField: String?
    /// The pattern that an event must match; nil means any.
    package var conditions: EventPattern?
    /// The normalised type of matching events.
    package var guildEvent: String?
    /// The agent that matching events call.
    package var targetAgent: String?
    /// The priority of matching events; nil keeps the default.
    package var priority: Priority?
    /// Where the mapping is written.
    package var location: SourceLocation

    package init(location: SourceLocation = SourceLocation(file: "")) { self.location = location }
}
