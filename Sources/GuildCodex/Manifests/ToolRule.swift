package import GuildDomain

/// One line of `spec.tools`.
package struct ToolRule: Sendable, Hashable {
    /// As written: `SYSTEM.*`.
    package var pattern: String
    package var glob: Glob
    package var autonomy: Autonomy
    /// Where it holds.
    package var scope: ToolScope
    package var location: SourceLocation
    /// `spec.tools[0]`, as the manifest counts.
    package var path: String
    /// Of `on:`; nil where that is not written.
    package var scopeLocation: SourceLocation?
    /// Those of the patterns in `on:`, in their order.
    package var patternLocations: [SourceLocation]

    /// - Parameter scope: nil is where the run was called; of a rule that denies, everywhere, or it would hold only there.
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

    /// For people: `1, a person must agree, where it was called`.
    package var text: String { "\(autonomy.rawValue), \(autonomy.meaning), \(scope.text)" }
}

extension Autonomy {
    /// For people.
    package var meaning: String {
        switch self {
        case .deny: "never"
        case .approve: "a person must agree"
        case .notify: "does it, and leaves the chapter a note"
        case .act: "does it"
        }
    }
}
