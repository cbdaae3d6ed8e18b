package import GuildDomain

/// `kind: RoutingPolicy`: which agents an event goes to, beside their own triggers.
package struct RoutingPolicyManifest: Manifest {
    package enum Strategy: String, Sendable, CaseIterable { case rules, hybrid }

    package struct Feedback: Sendable, Hashable {
        package var successSignal: String?
        package var failureSignal: String?
        package var latencyWeight: Double?
        package var costWeight: Double?

        package init() {}
    }

    package var metadata: Metadata
    package var strategy: Strategy = .rules
    /// In order of their priority.
    package var layers: [RoutingLayer] = []
    package var feedback = Feedback()

    package init(metadata: Metadata) { self.metadata = metadata }

    /// The rules of all layers in the order in which they are tried.
    package var rules: [RoutingRule] { layers.flatMap(\.rules) }
}

/// One step of routing.
package struct RoutingLayer: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case rules
        case qLearning = "q_learning"
        case loadBalanced = "load_balanced"
    }

    package struct Learning: Sendable, Hashable {
        package var learningRate: Double?
        package var discountFactor: Double?
        package var explorationRate: Double?
        package var minimumSamples: Int?

        package init() {}
    }

    package var kind: Kind
    /// A lower number comes first.
    package var priority: Int
    package var rules: [RoutingRule] = []
    package var learning = Learning()
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
    package var source: String?
    package var conditions: EventPattern?
    package var agents: [String] = []
    package var priority: Priority?
    package var location: SourceLocation

    package init(location: SourceLocation = SourceLocation(file: "")) { self.location = location }
}

/// Gives an event of a sender our name and a target; shared by endpoints and connectors.
package struct EventMapping: Sendable, Hashable {
    package var sourceEvent: Glob?
    /// For a connector that polls: the path in the response, `issues[*]`.
    package var responseField: String?
    package var conditions: EventPattern?
    package var guildEvent: String?
    package var targetAgent: String?
    package var priority: Priority?
    package var location: SourceLocation

    package init(location: SourceLocation = SourceLocation(file: "")) { self.location = location }
}
