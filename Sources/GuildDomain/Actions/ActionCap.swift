/// One of the limits on an agent's actions before a person must approve more (docs/dispatch.md, "Caps on actions").
package enum ActionCap: String, Sendable, CaseIterable {
    /// Actions of one run.
    case perInvocation
    /// Actions of all runs of the agent, over a sliding hour.
    case perHour
    /// New comments, issues and messages on one issue or thread, over a sliding day.
    case perSubjectPerDay

    /// The key in a manifest: `actions.perHour`.
    package var key: String { "actions.\(rawValue)" }

    /// The built-in value, for agents without a manifest value.
    package var standard: Int64 {
        switch self {
        case .perInvocation: 20
        case .perHour: 200
        case .perSubjectPerDay: 10
        }
    }
}
