import GuildDomain

/// Where a node stands in its document; rendered only when a problem names it.
indirect enum NodePath {
    case root
    case key(String, in: NodePath)
    case index(Int, in: NodePath)

    /// `spec.triggers[1].schedule`.
    var text: String {
        switch self {
        case .root: return ""
        case .key(let key, let parent):
            let prefix = parent.text
            let shown = SecretShape.matches(key) ? "…" : key
            return prefix.isEmpty ? shown : prefix + "." + shown
        case .index(let index, let parent): return parent.text + "[\(index)]"
        }
    }
}

/// A name in a manifest that must exist elsewhere; checked when all manifests are read.
struct Reference: Sendable {
    enum Kind: Sendable, Hashable {
        case agent, chapter, connector, provider
        /// A name in the LLMRegistry, or `provider/model`.
        case model
        case capability
        /// A file below the codex root; the text says what it is for.
        case file(String)
        case schema
        case codexGlob
        /// A read operation by its whole name.
        case operation
        case toolPattern
        /// A field that writes of these tools carry; no tools are all.
        case field(tools: [String])
        /// A key at the top of a condition on what writes of these tools carry, and the kind of value that it wants; no
        /// tools are all.
        case condition(tools: [String], wanted: EventPattern.LeafKind?)
    }

    let kind: Kind
    let name: String
    let location: SourceLocation
    let path: String
}
