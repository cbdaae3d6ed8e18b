package import GuildDomain

/// Operator state: a schedule, or all of an agent's, that does not fire for a while.
package struct SchedulePause: Sendable, Hashable {
    /// `AGENT`, `AGENT/NAME` or `AGENT/NAME@PERSON`.
    package let target: String
    package let since: Timestamp
    package let until: Timestamp
    /// `user:NAME`.
    package let actor: String
    package let reason: String?

    package init(target: String, since: Timestamp, until: Timestamp, actor: String, reason: String?) {
        self.target = target
        self.since = since
        self.until = until
        self.actor = actor
        self.reason = reason
    }

    /// Whether a target is another one or a part of it: `ranger/patrol` and `ranger/patrol@ada` are parts of `ranger`.
    static func contains(_ target: String, in other: String) -> Bool {
        target == other || target.hasPrefix(other + "/") || target.hasPrefix(other + "@")
    }
}
