/// `kind: Swarm`: several agents on one task.
package struct Swarm: Manifest {
    /// How the stages relate; swarms have no effect yet.
    package enum Topology: String, Sendable, CaseIterable { case hierarchical, mesh, pipeline, consensus }
    /// The reaction to a failing stage.
    package enum OnFailure: String, Sendable, CaseIterable {
        case escalateToHuman = "escalate_to_human"
        case abort, `continue`
    }

    /// A result of a stage.
    package struct Output: Sendable, Hashable {
        /// The kind of result.
        package var type: String
        /// The file that holds it.
        package var path: String?

        package init(type: String, path: String? = nil) {
            self.type = type
            self.path = path
        }
    }

    /// One agent's part in the swarm.
    package struct Stage: Sendable, Hashable {
        /// The stage's name, unique within the swarm.
        package var name: String
        /// The agent that executes it.
        package var agent: String
        /// Names of stages.
        package var receivesFrom: [String] = []
        /// Names of stages.
        package var triggers: [String] = []
        /// The results that later stages use.
        package var outputs: [Output] = []
        /// Where the stage is written.
        package var location: SourceLocation
        /// `spec.stages[0]`, as the manifest counts.
        package var path: String

        package init(
            name: String, agent: String, location: SourceLocation = SourceLocation(file: ""), path: String = ""
        ) {
            self.name = name
            self.agent = agent
            self.location = location
            self.path = path
        }
    }

    /// How stages work together.
    package struct Coordination: Sendable, Hashable {
        /// The longest time for all stages.
        package var timeout: Duration?
        /// The reaction to a failing stage.
        package var onFailure: OnFailure = .escalateToHuman
        /// Whether stages share their context.
        package var sharedContext: Bool?
        /// The stages that must agree.
        package var quorum: Int?
        /// The most stages at a time.
        package var maxParallel: Int?

        package init() {}
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// How the stages relate.
    package var topology: Topology
    /// The stages, in their order.
    package var stages: [Stage] = []
    /// How stages work together.
    package var coordination = Coordination()

    package init(metadata: Metadata, topology: Topology) {
        self.metadata = metadata
        self.topology = topology
    }
}
