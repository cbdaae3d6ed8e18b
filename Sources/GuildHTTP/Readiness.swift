package import GuildDomain

/// What `/readyz` answers.
package struct Readiness: Sendable {
    /// The parts that are not ready, with a reason each.
    package let unready: [(part: String, reason: String)]
    /// What else is worth knowing, ready or not.
    package let detail: [(String, JSONValue)]

    package init(unready: [(part: String, reason: String)] = [], detail: [(String, JSONValue)] = []) {
        self.unready = unready
        self.detail = detail
    }
}
