/// Where a run was called: what its tools reach unless its manifest says more.
package struct RunPlace: Sendable, Hashable {
    package struct Subject: Sendable, Hashable {
        package let system: String
        package let name: String

        package init(system: String, name: String) {
            self.system = system
            self.name = name
        }
    }

    package let containers: [Container]
    /// What its events are about.
    package let subjects: [Subject]

    package static let nowhere = RunPlace(containers: [])

    package init(containers: [Container], subjects: [Subject] = []) {
        self.containers = containers
        self.subjects = subjects
    }

    /// - Parameters:
    ///   - merged: the events that the run stands for besides its own. They share its container, which is part of every
    ///     debounce key, so only what they are about is taken from them.
    ///   - containers: what a person asked for instead of the event's.
    package init(_ event: Event, merged: [Event] = [], on containers: [Container]? = nil) {
        self.init(
            containers: containers ?? event.containers,
            subjects: ([event] + merged).compactMap { event in
                event.subject.map { Subject(system: event.system.lowercased(), name: $0) }
            })
    }

    /// Those in a system.
    package func containers(in system: String) -> [Container] {
        containers.filter { $0.system == system.lowercased() }
    }

    /// For people: `SYSTEM:acme/shop`, or that there is none.
    package var text: String {
        containers.isEmpty ? "nowhere" : containers.map(\.description).joined(separator: ", ")
    }

    /// What tells it from other places in the key of a debounce window, without a space in it.
    package var key: String {
        guard !containers.isEmpty else { return "-" }
        let names = Set(containers.map { $0.description.lowercased() }).sorted()
        return names.map { $0.replacing("%", with: "%25").replacing(" ", with: "%20").replacing(",", with: "%2C") }
            .joined(separator: ",")
    }
}
