/// One line of the Guild's `spec.api.tokens`: a bearer token and what it may do.
package struct APIToken: Sendable, Hashable {
    /// What a route may ask for.
    package enum Scope: String, Sendable, CaseIterable {
        /// See of open routes what is not for everybody: why agents are paused and what they cost, and what is wrong
        /// with a refused commit.
        case agentsRead = "agents:read"
        /// Pause and resume agents.
        case agentsWrite = "agents:write"
    }

    /// Whom the audit log names.
    package var name: String
    package var secret: SecretReference
    package var scopes: Set<Scope>
    package var location: SourceLocation
}
