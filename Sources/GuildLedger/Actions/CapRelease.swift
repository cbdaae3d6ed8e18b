package import GuildDomain

/// An unused release beyond a cap.
package struct CapRelease: Sendable, Hashable {
    package let agent: String
    package let cap: ActionCap
    /// The run or the subject that it is for; empty for the agent as a whole.
    package let scope: String
    package let left: Int64
    package let until: Timestamp
    package let actor: String
}
