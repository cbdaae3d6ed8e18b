/// A place in an external system that a run is bound to: a repository, a project, a channel.
package struct Container: Sendable, Hashable, CustomStringConvertible {
    /// The system's name, in lower case.
    package let system: String
    /// As the event or a person spelled it; only the connector knows how names compare.
    package let name: String

    /// Longest name that is kept of an event.
    private static let longestNameBytes = 512
    /// Systems of our own: nothing in them is a place that a tool could reach.
    private static let ownSystems: Set<String> = ["cli", "guild", "schedule"]

    package init(system: String, name: String) {
        self.system = system.lowercased()
        self.name = name
    }

    /// Reads `SYSTEM:CONTAINER`, as `guild run --on`, a cron trigger's `on:` and the ledger write it.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let system = text[..<colon]
        let name = text[text.index(after: colon)...]
        guard Self.isSystem(system), !name.isEmpty, name.utf8.count <= Self.longestNameBytes else { return nil }
        self.init(system: String(system), name: String(name))
    }

    package var description: String { "\(system):\(name)" }

    /// The container that an event's source names: `/SYSTEM/acme/shop` is `SYSTEM:acme/shop`.
    package static func of(source: String, system: String) -> [Container] {
        let system = system.lowercased()
        guard isSystem(system[...]), !ownSystems.contains(system), source.lowercased().hasPrefix("/\(system)/") else {
            return []
        }
        let name = String(source.dropFirst(system.count + 2))
        guard !name.isEmpty, name.utf8.count <= longestNameBytes else { return [] }
        return [Container(system: system, name: name)]
    }

    static func isSystem(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}

extension Container {
    /// The form in the ledger: `["SYSTEM:acme/shop"]`.
    package static func json(_ containers: [Container]) -> JSONValue {
        .array(containers.map { .string($0.description) })
    }

    /// - Returns: nil if it is not a list of containers.
    package static func list(_ json: JSONValue?) -> [Container]? {
        guard let elements = json?.array else { return nil }
        let containers = elements.compactMap { $0.string.flatMap { Container($0) } }
        return containers.count == elements.count ? containers : nil
    }

    /// The member of an invocation's options that names its containers.
    package static let optionKey = "on"

    /// The containers that a person named for an invocation; nil if nobody named any, none if the stored value is
    /// unreadable.
    package static func called(by options: JSONValue) -> [Container]? {
        options[optionKey].map { list($0) ?? [] }
    }
}
