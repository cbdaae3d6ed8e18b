package import GuildCodex
import GuildConnectors
import GuildDomain

/// A webhook endpoint that cannot use secrets which it names, as far as this host can tell: Vault is not asked.
package struct EndpointSecrets: Sendable, Hashable {
    /// `SYSTEM/NAME`.
    package let endpoint: String
    /// Of each secret that is missing, or of a form that its scheme cannot use, why.
    package let missing: [String]
    /// Whether it can use another of its secrets. Without one its deliveries are answered 503.
    package let isUsable: Bool

    /// The endpoints of a commit that lack a secret; one that names none lacks one, too.
    ///
    /// - Parameter absence: why a reference has no secret that the source can use; nil if it has one.
    static func lacking(
        in snapshot: CodexSnapshot, _ systems: SystemRegistry,
        absence: (SecretReference, any WebhookSource) -> SecretFailure?
    ) -> [EndpointSecrets] {
        snapshot.endpoints.compactMap { endpoint in
            guard let source = systems.source(of: endpoint) else { return nil }
            let references = endpoint.authentication.secrets
            let missing = references.compactMap { absence($0, source)?.message }
            guard references.isEmpty || !missing.isEmpty else { return nil }
            return EndpointSecrets(
                endpoint: "\(endpoint.system)/\(endpoint.name)", missing: missing,
                isUsable: missing.count < references.count)
        }
    }

    /// - Parameter isWhole: includes the reasons, which name variables and paths of this machine.
    func json(isWhole: Bool) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("endpoint", .string(endpoint)), ("missing", .integer(missing.count)), ("usable", .bool(isUsable)),
        ]
        if isWhole { members.append(("secrets", .array(missing.map { .string($0) }))) }
        return .object(JSONObject(members))
    }
}

extension CommandContext {
    /// Endpoints that lack a secret in a file. Variables are those of the process that serves, which only its `/readyz`
    /// can tell.
    package func missingSecretFiles(of snapshot: CodexSnapshot) -> [EndpointSecrets] {
        let secrets = SecretResolver(
            redactor: Redactor(), trust: NoSecret(), http: nil, clock: time, logger: settings.logger)
        return EndpointSecrets.lacking(in: snapshot, SystemRegistry.standard) { reference, source in
            guard case .file = reference else { return nil }
            return secrets.localAbsence(of: reference, for: source)
        }.filter { !$0.missing.isEmpty }
    }
}
