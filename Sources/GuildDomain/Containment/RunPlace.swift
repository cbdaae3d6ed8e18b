/// The place that called a run: its tools act there only, unless its manifest says more.
package struct RunPlace: Sendable, Hashable {
    /// The subject of an event within a system.
    package struct Subject: Sendable, Hashable {
        /// The name of the system.
        package let system: String
        /// The subject's name there: `acme/shop#7`.
        package let name: String

        package init(system: String, name: String) {
            self.system = system
            self.name = name
        }
    }

    /// The containers in which the run may act.
    package let containers: [Container]
    /// The subjects of its events.
    package let subjects: [Subject]

    /// The place of a run without containers.
    package static let nowhere = RunPlace(containers: [])

    package init(containers: [Container], subjects: [Subject] = []) {
        self.containers = containers
        self.subjects = subjects
    }

    /// - Parameters:
    ///   - merged: the other events that joined the run. They share its container, which is part of every debounce key,
    ///     so only their subjects are used.
    ///   - containers: those that a person named instead of the event's.
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

    /// Distinguishes it from other places in the key of a debounce window; contains no space.
    package var key: String {
        guard !containers.isEmpty else { return "-" }
        let names = Set(containers.map { $0.description.lowercased() }).sorted()
        return names.map { $0.replacing("%", with: "%25").replacing(" ", with: "%20").replacing(",", with: "%2C") }
            .joined(separator: ",")
    }
}
