/// What to do with a firing if an earlier run of the schedule is still active.
package enum OverlapPolicy: String, Sendable, CaseIterable {
    /// It does not happen.
    case skip
    /// One waits until the earlier run has ended; further ones do not happen.
    case bufferOne = "buffer_one"
    /// The earlier run is cancelled.
    case cancelOther = "cancel_other"
    /// Both run, as far as the agent's `maxConcurrent` lets them.
    case allow
}

/// Why a due time did not fire.
package enum MissedReason: String, Sendable, CaseIterable {
    /// Older than the catch-up window.
    case window
    /// The catch-up policy is `skip`.
    case skip
    /// The catch-up policy is `run_once`, and another one ran.
    case runOnce = "run_once"
    /// The agent's budget has no room for it.
    case budget
    /// There were more than one catch-up takes.
    case limit
    /// The schedule was paused.
    case paused
    /// An earlier run was still going.
    case overlap
    /// No scheduler has looked at it yet; never recorded.
    case unseen
}
