import GuildDomain

extension ConnectorManifest {
    init(_ metadata: Metadata, spec: MappingReader) {
        let kind = spec.required("type", Kind.allCases.map(\.rawValue).joined(separator: ", "))?.read(.oneOf(Kind.self))
        let systems = spec.reader.scope.findings.systems
        let system = spec.required("system", "the external system" + systems.exampleOfSystem)?.read(.dnsLabel)
        self.init(metadata: metadata, kind: kind ?? .bidirectional, system: system ?? "")
        let served = system.flatMap { systems[$0] }.flatMap { $0.operations.isEmpty ? nil : $0 }
        spec["connection"]?.mapping { reader in
            connection.identity = reader["identity"]?.filledText()
            connection.authentication = reader["auth"]?.mapping { ConnectorAuthentication($0) }
            let carriesSecret = connection.authentication?.secret != nil
            connection.baseURL = reader["base_url"]?.baseAddress(carriesSecret: carriesSecret)
            if let served, let ways = served.connection, let scheme = connection.authentication?.scheme,
                !ways.schemes.contains(where: { $0.name == scheme.rawValue })
            {
                reader["auth"]?.notRunYet(NotRunYet.connectorAuthentication(at: served, ways))
            }
        }
        polling = spec["polling"]?.mapping { Polling($0) }
        if kind == .polling, polling == nil, spec["polling"] == nil {
            _ = spec.required("polling", "`interval` and `endpoint`")
        }
        eventMapping = EventMapping.list(spec["event_mapping"])
        spec["scopes"]?.mapping { reader in
            scopes.read = reader["read"]?.texts() ?? []
            scopes.write = reader["write"]?.texts() ?? []
        }
        assignedAgents = spec["assigned_agents"]?.names(of: .agent) ?? []
        rateLimits = spec["rate_limits"]?.mapping { RequestRateLimit($0) }
        warnWhatDoesNotRun(spec, kind, isServed: served != nil)
    }

    private func warnWhatDoesNotRun(_ spec: MappingReader, _ kind: Kind?, isServed: Bool) {
        switch kind {
        case .polling: spec["type"]?.notRunYet(.polling)
        case .streaming: spec["type"]?.notRunYet(.streaming)
        case .webhook, .bidirectional, nil:
            spec["polling"]?.notRunYet(.polling)
            if !system.isEmpty, !isServed {
                spec["system"]?.notRunYet(.notRun("connectors of \(system)"))
            }
        }
        guard isServed else { return }
        spec["event_mapping"]?.notRunYet(.connectorMapping)
        spec["assigned_agents"]?.notRunYet(.assignedAgents)
    }
}

extension ConnectorManifest.Polling {
    fileprivate init?(_ reader: MappingReader) {
        let interval = reader.required("interval", "a duration")?.read(.duration(atLeast: .seconds(1)))
        let endpoint = reader.required("endpoint", "a path or an address")?.filledText()
        guard let interval, let endpoint else { return nil }
        self.init(interval: interval, endpoint: endpoint)
    }
}

extension ConnectorAuthentication {
    /// The ways that any system may have, with the keys that each needs beside `secret_ref`.
    private static let common = [
        AuthenticationScheme("bearer", title: "bearer token"),
        AuthenticationScheme("basic", title: "user and password", requiredKeys: ["username"]),
        AuthenticationScheme("api_key", title: "API key", requiredKeys: ["header"]),
        AuthenticationScheme("oauth2", title: "OAuth 2", requiredKeys: ["token_url", "client_id"]),
        AuthenticationScheme("aws_sigv4", title: "SigV4", requiredKeys: ["access_key_id", "region", "service"]),
    ]

    /// The common ways, and those that some system adds.
    private static func known(by systems: SystemCatalogue) -> [AuthenticationScheme] {
        let own = systems.systems.compactMap(\.connection).flatMap { $0.schemes + $0.promised }
        return own.reduce(into: common) { known, scheme in
            if !known.contains(where: { $0.name == scheme.name }) { known.append(scheme) }
        }
    }

    fileprivate init?(_ reader: MappingReader) {
        let known = Self.known(by: reader.reader.scope.findings.systems)
        let names = known.map(\.name)
        let type = reader.required("type", names.joined(separator: ", "))?.read(.oneOf(names))
        self.init(scheme: type.map(Scheme.init(rawValue:)) ?? .bearer)
        header = reader["header"]?.filledText()
        secret = reader.required("secret_ref", NodeReader.secretForm)?.secret()
        username = reader["username"]?.filledText()
        tokenURL = reader["token_url"]?.address(carriesSecret: true)
        clientID = reader["client_id"]?.filledText()
        scopes = reader["scopes"]?.texts() ?? []
        appID = reader["app_id"]?.filledText()
        installationID = reader["installation_id"]?.filledText()
        accessKeyID = reader["access_key_id"]?.filledText()
        region = reader["region"]?.filledText()
        service = reader["service"]?.filledText()
        guard let type else { return nil }
        for key in known.first(where: { $0.name == type })?.requiredKeys ?? [] { require(reader, key) }
    }

    private func require(_ reader: MappingReader, _ key: String) {
        _ = reader.required(key, "a value, as `type: \(scheme.rawValue)` needs it")
    }
}
