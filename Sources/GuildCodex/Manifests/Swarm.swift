/// `kind: Swarm`: several agents on one task.
package struct Swarm: Manifest {
    package enum Topology: String, Sendable, CaseIterable { case hierarchical, mesh, pipeline, consensus }
    package enum OnFailure: String, Sendable, CaseIterable {
        case escalateToHuman = "escalate_to_human"
        case abort, `continue`
    }

    package struct Output: Sendable, Hashable {
        package var type: String
        package var path: String?

        package init(type: String, path: String? = nil) {
            self.type = type
            self.path = path
        }
    }

    package struct Stage: Sendable, Hashable {
        package var name: String
        package var agent: String
        /// Names of stages.
        package var receivesFrom: [String] = []
        /// Names of stages.
        package var triggers: [String] = []
        package var outputs: [Output] = []
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

    package struct Coordination: Sendable, Hashable {
        package var timeout: Duration?
        package var onFailure: OnFailure = .escalateToHuman
        package var sharedContext: Bool?
        package var quorum: Int?
        package var maxParallel: Int?

        package init() {}
    }

    package var metadata: Metadata
    package var topology: Topology
    package var stages: [Stage] = []
    package var coordination = Coordination()

    package init(metadata: Metadata, topology: Topology) {
        self.metadata = metadata
        self.topology = topology
    }
}
