package import GuildDomain

/// That nothing new is dispatched to an agent until a person, or the clock, says otherwise.
package struct AgentPause: Sendable, Hashable {
    package let agent: String
    /// `user:NAME`, `token:NAME`.
    package let actor: String
    package let reason: String?
    package let since: Timestamp
    /// Nil until somebody resumes the agent.
    package let until: Timestamp?

    /// For a sentence that begins with the agent's name.
    package var text: String { text { $0.rfc3339 } }

    /// - Parameter time: how a time is written.
    package func text(_ time: (Timestamp) -> String) -> String {
        "paused by \(actor) since \(time(since))" + (until.map { ", until \(time($0))" } ?? "")
            + (reason.map { ": \($0)" } ?? "")
    }
}
