package import GuildDomain

/// A part of the system that can run alone in a process of its own.
package enum Component: String, Sendable, CaseIterable {
    case webhookGateway = "webhook-gateway"
    case feedPoller = "feed-poller"
    case scheduler
    case registry
    case dispatcher
    case executor
    case actionExecutor = "action-executor"
    case notifier

    /// Those that this version runs.
    package static let running: [Component] = [
        .webhookGateway, .scheduler, .registry, .dispatcher, .executor, .actionExecutor,
    ]

    /// Whether it answers at the address that is listened on.
    package var speaksHTTP: Bool { self == .webhookGateway || self == .registry }

    /// Reads the names of the command line; none means all.
    package static func parse(_ names: [String]) throws(Failure) -> [Component] {
        guard !names.isEmpty else { return running }
        var components: [Component] = []
        for name in names {
            guard let component = Component(rawValue: name) else {
                let nearest = NearestName.of(name, in: running.map(\.rawValue))
                throw Failure(
                    .usage, "there is no component '\(name)'",
                    hint: nearest.map { "did you mean '\($0)'?" }
                        ?? "the components are \(running.map(\.rawValue).joined(separator: ", "))")
            }
            guard running.contains(component) else {
                throw Failure(.usage, "component '\(name)' is not available in this version", hint: "remove it")
            }
            if !components.contains(component) { components.append(component) }
        }
        return components
    }
}
