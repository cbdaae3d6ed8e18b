package import GuildDomain

extension ModelProviderManifest {
    /// The use of the provider's key.
    package var secretUse: SecretUse { SecretUse(.model, at: baseURL, else: vendor.rawValue) }
}

extension ConnectorManifest {
    /// The use of the connector's secret.
    package var secretUse: SecretUse { SecretUse(.call, at: connection.baseURL, else: system) }
}

extension CodexSnapshot {
    /// Every secret that this commit would use, with its use; sorted by text, each once.
    package var secretPairs: [SecretPair] {
        var pairs: Set<SecretPair> = []
        func add(_ reference: SecretReference?, _ use: SecretUse) {
            guard let reference else { return }
            pairs.insert(SecretPair(reference: reference.description, use: use))
        }
        for provider in providers { add(provider.apiKey, provider.secretUse) }
        for connector in connectors {
            add(connector.connection.authentication?.secret, connector.secretUse)
            guard let address = connector.connection.authentication?.tokenURL else { continue }
            add(connector.connection.authentication?.secret, SecretUse(.token, at: address))
        }
        for endpoint in endpoints {
            for reference in endpoint.authentication.secrets { add(reference, SecretUse(.verify)) }
        }
        for token in guild.apiTokens { add(token.secret, SecretUse(.admit)) }
        return pairs.sorted { $0.description < $1.description }
    }

    /// Every secret that the codex names, each once.
    package var secretReferences: Set<SecretReference> {
        var references = Set(providers.compactMap(\.apiKey))
        references.formUnion(connectors.compactMap { $0.connection.authentication?.secret })
        for endpoint in endpoints { references.formUnion(endpoint.authentication.secrets) }
        references.formUnion(guild.apiTokens.map(\.secret))
        return references
    }
}
