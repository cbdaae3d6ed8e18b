import GuildDomain

/// The goal of a follower of events.
enum FollowerGoal {
    /// Everything of a root.
    case root(EventID)
    /// The work that one event set going.
    case event(EventID)
    /// One run, or the end of the window that would start it.
    case invocation(InvocationID)
}
