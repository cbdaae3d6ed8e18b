import GuildDomain

/// The place of a node in its document; rendered only when a problem names it.
indirect enum NodePath: Sendable {
    case root
    case key(String, in: NodePath)
    case index(Int, in: NodePath)

    /// `spec.triggers[1].schedule`.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .root: break
        case .key(let key, let parent):
            parent.write(to: &text)
            if !text.isEmpty { text += "." }
            text += SecretShape.matches(key) ? "…" : key
        case .index(let index, let parent):
            parent.write(to: &text)
            text += "["
            text += String(index)
            text += "]"
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
        /// A file below the codex root; the text is its purpose.
        case file(String)
        case schema
        case codexGlob
        /// A read operation by its whole name.
        case operation
        case toolPattern
        /// A field that writes of these tools carry; no tools are all.
        case field(tools: [String])
        /// A top-level key of a condition on the fields of these writes, with its test.
        case condition(ApprovedWrites, EventPattern.Field)
        /// All that a condition asks of one call.
        case conditions(ApprovedWrites, [EventPattern.Field])
        /// An address that we connect to, perhaps with a secret.
        case address(carriesSecret: Bool)
        /// A sender of events, by the id in a system.
        case sender
        /// The system that events come from.
        case eventSource
        /// A glob of event types; of one system, or of any.
        case eventType(source: String?)
    }

    /// The writes that an approval covers: those that match one of these tool patterns and carry one of these fields;
    /// an empty list means any.
    struct ApprovedWrites: Sendable, Hashable {
        let tools: [String]
        let fields: [String]
    }

    let kind: Kind
    let name: String
    let location: SourceLocation
    let place: NodePath

    var path: String { place.text }
}
