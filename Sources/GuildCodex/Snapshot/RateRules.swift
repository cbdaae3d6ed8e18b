package import GuildDomain

/// The rate limits of a snapshot, and the buckets that they give to each thing. A bucket is named by its account, `@`, the
/// policy and the place of the limit there: `agent/clerk@limits#0`.
package struct RateRules: Sendable {
    /// By name.
    package let policies: [RateLimitPolicy]
    private let agents: [String: AgentManifest]
    private let chapters: [String: ChapterManifest]
    private let endpoints: [WebhookEndpointManifest]
    private let connectors: [ConnectorManifest]

    /// - Parameters:
    ///   - agents: by name, in lower case.
    ///   - chapters: by name, in lower case.
    init(
        _ policies: [RateLimitPolicy], agents: [String: AgentManifest], chapters: [String: ChapterManifest],
        endpoints: [WebhookEndpointManifest], connectors: [ConnectorManifest]
    ) {
        self.policies = policies.sorted { $0.name < $1.name }
        self.agents = agents
        self.chapters = chapters
        self.endpoints = endpoints
        self.connectors = connectors
    }

    /// The rate limits of an agent's invocation: its own, its chapter's and the organisation's.
    package func charges(agent: String, chapter: String?) -> [AdmissionTerms.Charge] {
        charges { limit in
            switch limit.scope {
            case .organization: return "organization"
            case .agent:
                let labels = agents[agent.lowercased()]?.metadata.labels ?? [:]
                return limit.isAbout(agent, labels: labels) ? "agent/\(agent.lowercased())" : nil
            case .chapter:
                guard let chapter else { return nil }
                let labels = chapters[chapter.lowercased()]?.metadata.labels ?? [:]
                return limit.isAbout(chapter, labels: labels) ? "chapter/\(chapter.lowercased())" : nil
            // These count where requests come in and go out.
            case .connector, .endpoint: return nil
            // Its own: `charges(sender:)`.
            case .sender: return nil
            }
        }
    }

    /// Every limit on requests and tokens that there is, once.
    package var allCharges: [AdmissionTerms.Charge] {
        let charges =
            agents.sorted { $0.key < $1.key }.flatMap { self.charges(agent: $1.name, chapter: $1.chapter) }
            + endpoints.flatMap { self.charges(endpoint: $0) } + connectors.flatMap { self.charges(connector: $0) }
            + nonMemberCharges
        var seen: Set<String> = []
        return charges.filter { seen.insert($0.bucket).inserted }
    }

    /// The rate limits of an incoming event. An endpoint's own limit refuses, so that the sender slows down.
    package func charges(endpoint: WebhookEndpointManifest) -> [AdmissionTerms.Charge] {
        charges(
            // Endpoints of different systems may have the same name.
            .endpoint, endpoint.metadata, "endpoint/\(endpoint.system)/\(endpoint.name)", own: endpoint.rateLimit,
            rejects: true)
    }

    /// The rate limits of a request to an external system, which waits for its slot.
    package func charges(connector: ConnectorManifest) -> [AdmissionTerms.Charge] {
        charges(
            .connector, connector.metadata, "connector/\(connector.name)", own: connector.rateLimits, rejects: false)
    }

    /// The limits on requests through an endpoint or a connector: its own, and those of the policies about it.
    private func charges(
        _ scope: RateLimitPolicy.Scope, _ metadata: Metadata, _ bucket: String, own: RequestRateLimit?, rejects: Bool
    ) -> [AdmissionTerms.Charge] {
        let own = own.map { [$0.charge(bucket: bucket, rejects: rejects)] } ?? []
        return own
            + charges { limit in
                limit.scope == scope && limit.isAbout(metadata.name, labels: metadata.labels) ? bucket : nil
            }.filter { $0.unit == .requests }
    }

    /// The rate limits of one operation of a connector: `SYSTEM.get_issue`.
    package func charges(operation: String) -> [AdmissionTerms.Charge] {
        let system = operation.prefix { $0 != "." }
        return connectors.first { $0.system == system }.map(charges(connector:)) ?? []
    }

    private func charges(_ account: (RateLimitPolicy.Limit) -> String?) -> [AdmissionTerms.Charge] {
        policies.flatMap { policy in
            policy.limits.enumerated().flatMap { index, limit -> [AdmissionTerms.Charge] in
                guard let account = account(limit) else { return [] }
                return limit.charges(bucket: "\(account)@\(policy.name)#\(index)")
            }
        }
    }
}

extension RequestRateLimit {
    fileprivate func charge(bucket: String, rejects: Bool) -> AdmissionTerms.Charge {
        AdmissionTerms.Charge(
            bucket: bucket, rate: Rate(perMinute: Int64(requestsPerMinute), burst: burst.map(Int64.init)),
            unit: .requests, rejects: rejects)
    }
}

extension RateLimitPolicy.Limit {
    /// Whether it is about a thing of this name and these labels; one that names nothing is about each of its scope.
    fileprivate func isAbout(_ name: String, labels: [String: String]) -> Bool {
        if let wanted = self.name, wanted.lowercased() != name.lowercased() { return false }
        return self.labels.allSatisfy { labels[$0.key] == $0.value }
    }

    func charges(bucket: String) -> [AdmissionTerms.Charge] {
        var charges: [AdmissionTerms.Charge] = []
        if let requestsPerMinute {
            charges.append(
                AdmissionTerms.Charge(
                    bucket: bucket, rate: Rate(perMinute: Int64(requestsPerMinute), burst: burst.map(Int64.init)),
                    unit: .requests, rejects: action == .reject))
        }
        if let tokensPerMinute {
            charges.append(
                AdmissionTerms.Charge(
                    bucket: bucket + "/tokens", rate: Rate(perMinute: tokensPerMinute), unit: .tokens,
                    rejects: action == .reject))
        }
        if let requestsPerHour {
            charges.append(
                AdmissionTerms.Charge(
                    bucket: bucket, requestsPerHour: Int64(requestsPerHour), burst: burst.map(Int64.init),
                    rejects: action == .reject))
        }
        return charges
    }
}
