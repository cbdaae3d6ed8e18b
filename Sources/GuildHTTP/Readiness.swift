package import GuildDomain

/// The answer of `/readyz`.
package struct Readiness: Sendable {
    /// The parts that are not ready, with a reason each.
    package let unready: [(part: String, reason: String)]
    /// Whether a part works only partly, though none is unready.
    package let isDegraded: Bool
    /// Further facts, ready or not.
    package let detail: [(String, JSONValue)]

    package init(
        unready: [(part: String, reason: String)] = [], isDegraded: Bool = false, detail: [(String, JSONValue)] = []
    ) {
        self.unready = unready
        self.isDegraded = isDegraded
        self.detail = detail
    }
}
