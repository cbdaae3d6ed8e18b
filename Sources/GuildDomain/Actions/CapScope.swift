/// The actions that a cap counts together. An approval of an action that waits at the cap releases more of these, and
/// of no others.
package enum CapScope: Sendable, Hashable {
    /// The actions of one run.
    case run(InvocationID)
    /// All that the agent does within an hour.
    case agent
    /// New content on one issue or thread.
    case subject(String)

    /// - Returns: nil if the action does not count against the cap.
    package init?(_ cap: ActionCap, invocation: InvocationID, countsOn subject: String?) {
        switch cap {
        case .perInvocation: self = .run(invocation)
        case .perHour: self = .agent
        case .perSubjectPerDay:
            guard let subject else { return nil }
            self = .subject(subject)
        }
    }

    /// As the ledger names it; empty for the agent as a whole.
    package var key: String {
        switch self {
        case .run(let invocation): invocation.description
        case .agent: ""
        case .subject(let subject): subject
        }
    }

    /// For people, after a number of actions: `by this run`.
    package var span: String {
        switch self {
        case .run: "by this run"
        case .agent: "within the last hour"
        case .subject(let subject): "on \(subject) within the last day"
        }
    }

    /// For people, after a number of actions: whose a release is.
    package func owner(agent: String) -> String {
        switch self {
        case .run(let invocation): "of run \(invocation)"
        case .agent: "of \(agent)"
        case .subject(let subject): "of \(agent) on \(subject)"
        }
    }
}
