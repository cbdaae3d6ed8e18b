package import GuildDomain

/// The answer of `/readyz`.
package struct Readiness: Sendable {
    /// The parts that are not ready, with a reason each.
    package let unready: [(part: String, reason: String)]
    /// Further facts, ready or not.
    package let detail: [(String, JSONValue)]

    package init(unready: [(part: String, reason: String)] = [], detail: [(String, JSONValue)] = []) {
        self.unready = unready
        self.detail = detail
    }
}
