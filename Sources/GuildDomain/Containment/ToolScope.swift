/// `on:` of a tool rule: the containers to which the rule applies.
package enum ToolScope: Sendable, Hashable, CustomStringConvertible {
    /// The subjects of the run's events.
    case subject
    /// In the containers that the run was called in.
    case container
    /// Everywhere that the credentials reach.
    case any
    /// In containers that match one of these.
    case patterns([ContainerPattern])

    /// The words that `on:` accepts besides lists.
    package static let words = ["subject", "container", "any"]

    /// The scope that a word names.
    package init?(word: String) {
        switch word {
        case "subject": self = .subject
        case "container": self = .container
        case "any": self = .any
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .subject: "subject"
        case .container: "container"
        case .any: "any"
        case .patterns(let patterns): "[\(patterns.map(\.description).joined(separator: ", "))]"
        }
    }

    /// For people: it follows the words for the rule's autonomy.
    package var text: String {
        switch self {
        case .subject: "on what called it"
        case .container: "where it was called"
        case .any: "anywhere"
        case .patterns(let patterns): "on " + patterns.map(\.description).joined(separator: ", ")
        }
    }

    /// Whether a rule with this scope decides a call.
    package enum Verdict: Sendable, Hashable {
        case yes
        case no
        /// The arguments do not say; the reason is for the model.
        case unknown(String)
    }

    /// - Parameters:
    ///   - place: where the call reads or writes; nil if its arguments do not say.
    ///   - system: the operation's system.
    package func verdict(
        on place: OperationReach.Place?, system: String, form: ContainerForm?, of run: RunPlace
    ) -> Verdict {
        if self == .any { return .yes }
        guard let place, let form else { return .no }
        switch self {
        case .any: return .yes
        case .patterns(let patterns):
            return patterns.contains { $0.matches(place.container, system: system, form) } ? .yes : .no
        case .container:
            return Self.isWithin(place, system, form, run) ? .yes : .no
        case .subject:
            guard Self.isWithin(place, system, form, run) else { return .no }
            switch place.subject {
            case .named(let name):
                let isCaller = run.subjects.contains {
                    $0.system == system.lowercased() && (form.ignoresCase ? $0.name.lowercased() : $0.name) == name
                }
                return isCaller ? .yes : .no
            case .hidden(let argument):
                return .unknown("'\(argument)' does not say whether that is what called you")
            case .none: return .no
            }
        }
    }

    private static func isWithin(
        _ place: OperationReach.Place, _ system: String, _ form: ContainerForm, _ run: RunPlace
    ) -> Bool {
        run.containers(in: system).contains { form.canonical($0.name) == place.container }
    }

    /// Whether this holds wherever `other` does.
    package func covers(_ other: ToolScope) -> Bool {
        switch (self, other) {
        case (.any, _), (.container, .container), (.container, .subject), (.subject, .subject): true
        case (.patterns(let mine), .patterns(let theirs)):
            theirs.allSatisfy { theirs in mine.contains { $0.covers(theirs) } }
        case (.patterns(let mine), _): mine.contains { $0.isEverything }
        default: false
        }
    }
}

/// One entry of a list in `on:`: `acme/shop`, `acme/*`, `SYSTEM:acme/*`.
package struct ContainerPattern: Sendable, Hashable, CustomStringConvertible {
    /// As written.
    package let description: String
    /// The only system that it is meant for; nil means that of the tool.
    package let system: String?
    /// The part after the system.
    package let name: String
    private let glob: Glob
    private let folded: Glob

    /// The pattern of a text: `acme/*`, `SYSTEM:acme/*`.
    package init(_ text: String) {
        description = text
        var system: String? = nil
        var name: Substring = text[...]
        if let colon = text.firstIndex(of: ":"), Container.isSystem(text[..<colon]) {
            (system, name) = (text[..<colon].lowercased(), text[text.index(after: colon)...])
        }
        self.system = system
        self.name = String(name)
        glob = Glob(self.name)
        folded = Glob(self.name.lowercased())
    }

    var isEverything: Bool { system == nil && name == "*" }

    func matches(_ container: String, system: String, _ form: ContainerForm) -> Bool {
        guard self.system == nil || self.system == system.lowercased() else { return false }
        return (form.ignoresCase ? folded : glob).matches(container)
    }

    /// A glob that matches another glob's text matches everything that the other one matches.
    func covers(_ other: ContainerPattern) -> Bool {
        (system == nil || system == other.system) && glob.matches(other.name)
    }
}
