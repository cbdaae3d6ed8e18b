/// One of the limits on what an agent does before a person is asked (spec "Caps").
package enum ActionCap: String, Sendable, CaseIterable {
    /// Actions of one run.
    case perInvocation
    /// Actions of all runs of the agent, over a sliding hour.
    case perHour
    /// New comments, issues and messages on one issue or thread, over a sliding day.
    case perSubjectPerDay

    /// What a person writes in a manifest: `actions.perHour`.
    package var key: String { "actions.\(rawValue)" }

    /// What holds where no manifest says anything.
    package var standard: Int64 {
        switch self {
        case .perInvocation: 20
        case .perHour: 200
        case .perSubjectPerDay: 10
        }
    }
}
