/// One line of the Guild's `spec.api.tokens`: a bearer token and its scopes.
package struct APIToken: Sendable, Hashable {
    /// A permission that a route may require.
    package enum Scope: String, Sendable, CaseIterable {
        /// Details of open routes that are not for everybody: why agents are paused, their costs, and the problems of a
        /// refused commit.
        case agentsRead = "agents:read"
        /// Pause and resume agents.
        case agentsWrite = "agents:write"
    }

    /// Whom the audit log names.
    package var name: String
    /// The reference to the token itself.
    package var secret: SecretReference
    /// The scopes that the token grants.
    package var scopes: Set<Scope>
    /// Where the manifest defines it.
    package var location: SourceLocation
}
