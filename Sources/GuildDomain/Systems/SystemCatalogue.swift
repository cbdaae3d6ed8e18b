/// Every external system and every operation of this build. Citadel hands it to the codex's validator.
package struct SystemCatalogue: Sendable {
    /// In the order of their names.
    package let systems: [SystemProfile]
    /// The operations of all systems, and the executor's own.
    package let operations: OperationCatalogue
    private let byName: [String: SystemProfile]

    /// Knows nothing: what decodes a manifest without judging it needs no more.
    package static let empty = SystemCatalogue([])

    /// - Parameter tools: the executor's own operations.
    package init(_ systems: [SystemProfile], tools: [Operation] = []) {
        self.systems = systems.sorted { $0.name < $1.name }
        operations = OperationCatalogue(systems.flatMap(\.operations) + tools)
        byName = Dictionary(systems.map { ($0.name, $0) }) { first, _ in first }
    }

    package subscript(name: String) -> SystemProfile? { byName[name] }

    /// The systems that agents can act in.
    package var connected: [SystemProfile] { systems.filter { !$0.operations.isEmpty } }

    /// Who takes the webhooks of an endpoint: the source of its system, else one that verifies its scheme for any sender.
    package func receiver(system: String, scheme: String) -> SystemProfile? {
        if let own = byName[system], own.webhooks != nil { return own }
        guard scheme != Self.ownScheme, !Self.reserved.contains(system) else { return nil }
        return systems.first { $0.webhooks?.schemes.contains(scheme) ?? false }
    }

    /// What guild's own events have for a system: nobody outside sends those.
    package static let reserved: Set<String> = ["cli", "feed", "guild", "schedule"]

    /// The value of `authentication.type` that means the system's own scheme.
    package static let ownScheme = "system"

    /// By system, the types of events that anyone with an account there can cause, in both their spellings.
    package var openEvents: [String: [String]] {
        Dictionary(
            uniqueKeysWithValues: byName.values.compactMap { profile in
                profile.webhooks?.senders.map { (profile.name, $0.openEvents) }
            })
    }

    /// `such as NAME`, for a message that asks for a system; empty if there is none.
    package var exampleOfSystem: String { connected.first.map { ", such as \($0.name)" } ?? "" }

    /// `, such as SYSTEM:CONTAINER`, for a message that asks for a container; empty if no system has one.
    package var exampleOfContainer: String {
        connected.lazy.compactMap { profile in profile.example.map { ", such as \(profile.name):\($0.container)" } }
            .first ?? ""
    }

    /// `, such as SYSTEM/ID`, for a message that asks for a sender; empty if no system has any.
    package var exampleOfSender: String {
        systems.lazy.filter { $0.webhooks?.senders != nil }
            .compactMap { profile in profile.example.map { ", such as \(profile.name)/\($0.sender)" } }.first ?? ""
    }
}
