import GuildDomain

/// What a follower of events waits for.
enum FollowerGoal {
    /// Everything of a root.
    case root(EventID)
    /// What one event set going.
    case event(EventID)
    /// One run, or the end of the window that would start it.
    case invocation(InvocationID)
}
