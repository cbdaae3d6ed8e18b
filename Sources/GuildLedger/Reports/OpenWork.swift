package import GuildDomain

/// Work that one process has begun and not recorded the end of: its death would leave it in doubt.
package struct OpenWork: Sendable, Hashable {
    package let processID: Int32
    /// The invocations that it holds.
    package var invocations: Set<InvocationID> = []
    /// Those of them whose model call has been sent and not journalled.
    package var calls: Set<InvocationID> = []
    /// The actions that it is performing.
    package var sends: Set<ActionID> = []
}
