package import GuildDomain

/// What became of a request to cancel a run.
package enum Cancellation: Sendable, Equatable {
    /// No worker held the run: it ended at once.
    case ended
    /// The worker that holds it ends it at its next safe point.
    case requested
    /// It had ended before, in this state.
    case hadEnded(InvocationState)
}
