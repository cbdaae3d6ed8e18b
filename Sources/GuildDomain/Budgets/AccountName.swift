/// An account that spending counts against. People and the ledger write its text form: `agent/ranger`.
package enum AccountName: Sendable, Hashable, CustomStringConvertible {
    case organization
    case chapter(String)
    case agent(String)
    case swarm(String)
    /// A causal root: everything that one first event set going.
    case root(EventID)
    case invocation(InvocationID)

    /// - Returns: nil for anything but `organization`, `chapter/NAME`, `agent/NAME`, `swarm/NAME`, `root/ID` and
    ///   `invocation/ID`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = parts.first else { return nil }
        guard parts.count == 2, let name = parts.last, !name.isEmpty else {
            guard text == "organization" else { return nil }
            self = .organization
            return
        }
        switch kind {
        case "chapter": self = .chapter(name)
        case "agent": self = .agent(name)
        case "swarm": self = .swarm(name)
        case "root":
            guard let id = EventID(name) else { return nil }
            self = .root(id)
        case "invocation":
            guard let id = InvocationID(name) else { return nil }
            self = .invocation(id)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .organization: "organization"
        case .chapter(let name): "chapter/\(name)"
        case .agent(let name): "agent/\(name)"
        case .swarm(let name): "swarm/\(name)"
        case .root(let id): "root/\(id)"
        case .invocation(let id): "invocation/\(id)"
        }
    }

    /// Whether its spending is also counted by minute, hour, day and month; a root and an invocation are counted only
    /// over their whole life.
    package var hasWindows: Bool { Self.hasWindows(description) }

    /// The same of a name as the ledger writes it.
    package static func hasWindows(_ text: String) -> Bool {
        !text.hasPrefix("invocation/") && !text.hasPrefix("root/")
    }
}
