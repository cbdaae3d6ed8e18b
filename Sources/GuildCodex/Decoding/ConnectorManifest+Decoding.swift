import GuildDomain

extension ConnectorManifest {
    init(_ metadata: Metadata, spec: MappingReader) {
        let kind = spec.required("type", Kind.allCases.map(\.rawValue).joined(separator: ", "))?.oneOf(Kind.self)
        let system = spec.required("system", "the external system, such as github")?.dnsLabel()
        self.init(metadata: metadata, kind: kind ?? .bidirectional, system: system ?? "")
        _ = spec["connection"]?.mapping { reader in
            connection.identity = reader["identity"]?.filledText()
            connection.authentication = reader["auth"]?.mapping { ConnectorAuthentication($0) }.flatMap(\.self)
            let carriesSecret = connection.authentication?.secret != nil
            connection.baseURL = reader["base_url"]?.baseAddress(carriesSecret: carriesSecret)
            if system == NotRunYet.servedSystem, let scheme = connection.authentication?.scheme, scheme != .bearer {
                reader["auth"]?.notRunYet(.connectorAuthentication)
            }
        }
        polling = spec["polling"]?.polling()
        if kind == .polling, polling == nil, spec["polling"] == nil {
            _ = spec.required("polling", "`interval` and `endpoint`")
        }
        eventMapping = spec["event_mapping"]?.eventMappings() ?? []
        _ = spec["scopes"]?.mapping { reader in
            scopes.read = reader["read"]?.texts() ?? []
            scopes.write = reader["write"]?.texts() ?? []
        }
        assignedAgents = spec["assigned_agents"]?.names(of: .agent) ?? []
        rateLimits = spec["rate_limits"]?.requestRateLimit()
        warnWhatDoesNotRun(spec, kind)
    }

    private func warnWhatDoesNotRun(_ spec: MappingReader, _ kind: Kind?) {
        switch kind {
        case .polling: spec["type"]?.notRunYet(.polling)
        case .streaming: spec["type"]?.notRunYet(.streaming)
        case .webhook, .bidirectional, nil:
            spec["polling"]?.notRunYet(.polling)
            if !system.isEmpty, system != NotRunYet.servedSystem {
                spec["system"]?.notRunYet(.notRun("connectors of \(system)"))
            }
        }
        guard system == NotRunYet.servedSystem else { return }
        spec["event_mapping"]?.notRunYet(.connectorMapping)
        spec["assigned_agents"]?.notRunYet(.assignedAgents)
    }
}

extension NodeReader {
    fileprivate func polling() -> ConnectorManifest.Polling? {
        mapping { reader -> ConnectorManifest.Polling? in
            let interval = reader.required("interval", "a duration")?.duration(atLeast: .seconds(1))
            let endpoint = reader.required("endpoint", "a path or an address")?.filledText()
            guard let interval, let endpoint else { return nil }
            return ConnectorManifest.Polling(interval: interval, endpoint: endpoint)
        }.flatMap(\.self)
    }
}

extension ConnectorAuthentication {
    fileprivate init?(_ reader: MappingReader) {
        let scheme = reader.required("type", Scheme.allCases.map(\.rawValue).joined(separator: ", "))?.oneOf(
            Scheme.self)
        self.init(scheme: scheme ?? .bearer)
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
        switch scheme {
        case .basic: require(reader, "username")
        case .apiKey: require(reader, "header")
        case .oauth2:
            require(reader, "token_url")
            require(reader, "client_id")
        case .githubApp: require(reader, "app_id")
        case .awsSigV4:
            require(reader, "access_key_id")
            require(reader, "region")
            require(reader, "service")
        case .bearer: break
        case nil: return nil
        }
    }

    private func require(_ reader: MappingReader, _ key: String) {
        _ = reader.required(key, "a value, as `type: \(scheme.rawValue)` needs it")
    }
}
