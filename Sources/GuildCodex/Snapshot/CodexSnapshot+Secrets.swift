extension CodexSnapshot {
    /// Every secret that the codex names, each once.
    package var secretReferences: Set<SecretReference> {
        var references = Set(providers.compactMap(\.apiKey))
        references.formUnion(connectors.compactMap { $0.connection.authentication?.secret })
        for endpoint in endpoints { references.formUnion(endpoint.authentication.secrets) }
        references.formUnion(guild.apiTokens.map(\.secret))
        return references
    }
}
