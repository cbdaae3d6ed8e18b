package import GuildDomain

/// The runs that a list asks for.
package struct RunFilter: Sendable {
    /// Those that have not ended.
    package static let openStates = InvocationState.allCases.filter { !$0.isFinal }

    package var states: [InvocationState]
    /// Only those of this agent.
    package var agent: String?
    /// Only those of this causal chain.
    package var root: EventID?
    /// Only those that were decided at this time or later.
    package var since: Timestamp?

    package init(
        states: [InvocationState] = openStates, agent: String? = nil, root: EventID? = nil, since: Timestamp? = nil
    ) {
        self.states = states
        self.agent = agent
        self.root = root
        self.since = since
    }

    /// Whether it asks for nothing that has ended.
    var isOpenOnly: Bool { !states.contains(where: \.isFinal) }
}
