package import GuildDomain

/// A debounce window that is open.
package struct OpenWindow: Sendable, Hashable {
    package let place: WindowPlace
    package let window: DebounceWindow
    /// The first of its events, which the invocation belongs to.
    package let event: EventID
    /// The event at the beginning of the causal chain.
    package let root: EventID
    package let chapter: String?

    init(row: LedgerRow) throws {
        place = try WindowPlace(agent: row["agent"], rule: row["rule"], key: row["key"])
        window = try DebounceWindow(row: row)
        event = try row["event"]
        root = try row["root"]
        chapter = try row["chapter"]
    }
}
