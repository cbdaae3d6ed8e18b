package import GuildDomain

/// One line of `spec.tools`.
package struct ToolRule: Sendable, Hashable {
    /// As written: `SYSTEM.*`.
    package var pattern: String
    /// The tools that it covers.
    package var glob: Glob
    /// The decision for calls that it covers.
    package var autonomy: Autonomy
    /// The containers to which it applies.
    package var scope: ToolScope
    /// Where the rule is written.
    package var location: SourceLocation
    /// `spec.tools[0]`, as the manifest counts.
    package var path: String
    /// Of `on:`; nil if that is not written.
    package var scopeLocation: SourceLocation?
    /// Those of the patterns in `on:`, in their order.
    package var patternLocations: [SourceLocation]

    /// - Parameter scope: nil means the run's containers, or everywhere for a denial, which must not apply there only.
    package init(
        pattern: String, autonomy: Autonomy, scope: ToolScope? = nil,
        location: SourceLocation = SourceLocation(file: ""), path: String = "", scopeLocation: SourceLocation? = nil,
        patternLocations: [SourceLocation] = []
    ) {
        self.pattern = pattern
        self.glob = Glob(pattern)
        self.autonomy = autonomy
        self.scope = scope ?? (autonomy == .deny ? .any : .container)
        self.location = location
        self.path = path
        self.scopeLocation = scopeLocation
        self.patternLocations = patternLocations
    }

    /// For people: `1, a person must agree, if it was called`.
    package var text: String { "\(autonomy.rawValue), \(autonomy.meaning), \(scope.text)" }
}

extension Autonomy {
    /// For people.
    package var meaning: String {
        switch self {
        case .deny: "never"
        case .approve: "a person must approve"
        case .notify: "does it and leaves a note for the chapter"
        case .act: "does it"
        }
    }
}
