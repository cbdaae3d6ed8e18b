import GuildDomain

extension PlanFacts {
    private mutating func tokens(_ subject: String, _ name: String, _ value: Int64?) {
        say(
            .budgets, subject, name, value.map { String($0) }, shown: value.map { "\(Amount.grouped($0)) tokens" },
            order: .rank(value, absent: .max))
    }

    /// Tokens reserved for urgent work are not available to the rest.
    private mutating func reserve(_ subject: String, _ name: String, _ value: Int64?) {
        say(
            .budgets, subject, name, value.map { String($0) }, shown: value.map { "\(Amount.grouped($0)) tokens" },
            order: .rank(value.map { -$0 }, absent: 0))
    }

    private mutating func budgets(_ subject: String, _ tokens: TokenBudget, _ costs: CostBudget) {
        for (name, value) in [
            ("perInvocation", tokens.perInvocation), ("perMinute", tokens.perMinute), ("perHour", tokens.perHour),
            ("perDay", tokens.perDay), ("perMonth", tokens.perMonth),
        ] { self.tokens(subject, "tokenBudget.\(name)", value) }
        for (name, value) in [
            ("perInvocation", costs.perInvocation), ("perMinute", costs.perMinute), ("perHour", costs.perHour),
            ("perDay", costs.perDay), ("perMonth", costs.perMonth),
        ] {
            say(
                .budgets, subject, "costBudget.\(name)", value.map { String($0) }, shown: value.map(Money.dollars),
                order: .rank(value, absent: .max))
        }
    }

    /// As written; the values in force show at each agent.
    private mutating func caps(_ subject: String, _ actions: ActionLimits) {
        for cap in ActionCap.allCases {
            let count = actions.counts[cap]
            say(.budgets, subject, cap.key, count.map { String($0) }, order: .rank(count, absent: cap.standard))
        }
    }

    mutating func addGuild() {
        let guild = snapshot.guild
        let subject = "guild \(guild.name)"
        tokens(subject, "manaPool.perDay", guild.manaPool.perDay)
        tokens(subject, "manaPool.perMonth", guild.manaPool.perMonth)
        reserve(subject, "reserve.perDay", guild.reserve.perDay)
        reserve(subject, "reserve.perMonth", guild.reserve.perMonth)
        budgets(subject, TokenBudget(), guild.costBudget)
        let alerts = guild.alerts
        say(
            .budgets, subject, "alerts", "\(alerts.yellow)%, \(alerts.orange)%, \(alerts.red)%",
            order: .ranks([alerts.yellow, alerts.orange, alerts.red].map(Int64.init)))
        say(.schedules, subject, "timezone", guild.timezone)
        let settings = snapshot.settings
        let retries = (settings.retryBase.value, settings.retryCap.value)
        say(
            .policies, subject, "retries",
            "\(settings.retryLimit.value), from \(Amount.duration(retries.0)) to \(Amount.duration(retries.1))")
        say(.policies, subject, "actionWait", Amount.duration(settings.actionWait.value))
        say(.policies, subject, "modelIdleTimeout", Amount.duration(settings.modelIdleTimeout.value))
        say(.policies, subject, "connectTimeout", Amount.duration(settings.connectTimeout.value))
        say(.policies, subject, "reservationDeadline", Amount.duration(settings.reservationDeadline.value))
        say(.policies, subject, "queueDepth", "\(settings.queueDepth.value)")
        say(.policies, subject, "bodyLimit", "\(settings.bodyLimit.value) bytes")
        for (system, limit) in settings.systemBodyLimits.sorted(by: { $0.key < $1.key }) {
            say(.policies, subject, GuildDefaults.bodyLimitKey(of: system), "\(limit.value) bytes")
        }
        say(.routes, subject, "debounce", guild.defaults.debounce?.text)
        let audit = guild.audit
        say(
            .policies, subject, "audit",
            audit.anchors
                ? "anchored every \(audit.anchorEvery) entries or \(audit.anchorMinutes) minutes"
                    + (audit.push.map { ", pushed to \($0)" } ?? "") : "not anchored")
        for origin in guild.allowedOrigins.sorted() {
            say(.permissions, subject, "network.allow \(origin)", "allowed", order: .rank(1, absent: 0))
        }
        for token in guild.apiTokens {
            let scopes = token.scopes.map(\.rawValue).sorted().joined(separator: ", ")
            say(
                .permissions, subject, "API token \(token.name)", "may \(scopes), known by \(token.secret)",
                order: .rank(Int64(token.scopes.count), absent: 0))
        }
        say(
            .policies, subject, "hopLimit", "\(settings.hopLimit.value)", order: .rank(Int64(settings.hopLimit.value)))
        say(.budgets, subject, "rootTokens", "\(settings.rootTokens.value)", order: .rank(settings.rootTokens.value))
        caps(subject, guild.defaults.resources.actions)
        say(.budgets, subject, "replyLimit", "\(settings.replyLimit.value)", order: .rank(settings.replyLimit.value))
    }

    mutating func add(_ chapter: ChapterManifest) {
        let subject = "chapter \(chapter.name)"
        say(.agents, subject, "", chapter.name, shown: "\(chapter.members.count) members")
        budgets(subject, chapter.tokenBudget, chapter.costBudget)
        caps(subject, chapter.actions)
        say(.budgets, subject, "guaranteedShare", chapter.guaranteedShare.map { "\($0)" })
        say(.permissions, subject, "master", chapter.master)
        say(.connections, subject, "notify", chapter.notify)
        for member in chapter.members {
            let rights = member.rights.map(\.rawValue).sorted()
            let ids = member.ids.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            let known =
                [member.name, member.email].compactMap(\.self) + ids
                + [member.timezone, member.role].compactMap(\.self)
            let digest = member.digestAt.map { ["digest at \($0)"] } ?? []
            let may = rights.isEmpty ? "reads along" : "may " + rights.joined(separator: ", ")
            say(
                .permissions, subject, "member \(member.id)", ([may] + known + digest).joined(separator: ", "),
                order: .rank(Int64(rights.count), absent: 0))
        }
    }

    mutating func addRoutes() {
        for policy in snapshot.routing {
            for rule in policy.rules {
                var parts =
                    rule.events.isEmpty ? ["any event"] : [rule.events.map(\.description).joined(separator: ", ")]
                if let source = rule.source { parts.append("from \(source)") }
                if let conditions = rule.conditions { parts.append("if " + conditions.distinctText) }
                if let priority = rule.priority { parts.append(priority.name) }
                say(
                    .routes, "routing \(policy.name)", parts.joined(separator: "  "),
                    rule.agents.sorted().joined(separator: ", "),
                    shown: "to " + rule.agents.sorted().joined(separator: ", "),
                    reach: PlanReach(
                        .calls(agents: Set(rule.agents)), source: rule.source, events: rule.events,
                        conditions: rule.conditions))
            }
        }
        for endpoint in snapshot.endpoints { add(endpoint) }
        for connector in snapshot.connectors { add(connector) }
    }

    private mutating func add(_ endpoint: WebhookEndpointManifest) {
        let subject = "endpoint \(endpoint.system)/\(endpoint.name)"
        let authentication = endpoint.authentication
        let secrets = authentication.secrets.map(\.description)
        say(
            .routes, subject, "", "\(authentication)",
            shown: "authenticated by \(authentication.scheme.rawValue), secret "
                + (secrets.isEmpty ? "nowhere" : secrets.joined(separator: " or ")), order: .trust)
        say(.routes, subject, "default", endpoint.isDefault ? "yes" : nil)
        say(.routes, subject, "chapter", endpoint.chapter)
        say(.routes, subject, "event type from", endpoint.eventTypeHeader ?? endpoint.eventTypePath)
        say(
            .permissions, subject, "rate_limit", endpoint.rateLimit.map(Self.text),
            order: .ranks(endpoint.rateLimit.map(Self.ranks) ?? [], absent: .max))
        say(
            .permissions, subject, "max_body", endpoint.maxBody.map { "\($0)" },
            order: .rank(endpoint.maxBody.map(Int64.init)))
        say(
            .permissions, subject, "trusted_proxies", endpoint.trustedProxies.sorted().joined(separator: ", "),
            order: .rank(Int64(endpoint.trustedProxies.count), absent: 0))
        // By id alone, an attacker who captured a signed body can send it again.
        say(
            .permissions, subject, "replay", endpoint.replay?.rawValue,
            order: .rank(endpoint.replay?.openness, absent: 1))
        for mapping in endpoint.eventMapping { add(mapping, subject, from: endpoint.system) }
    }

    private mutating func add(_ mapping: EventMapping, _ subject: String, from system: String) {
        let event = mapping.sourceEvent?.description ?? "any event"
        let condition = mapping.conditions.map { " if " + $0.distinctText } ?? ""
        let parts = [
            mapping.guildEvent.map { "is \($0)" }, mapping.targetAgent.map { "to \($0)" },
            mapping.priority.map(\.name),
        ]
        let calls = mapping.targetAgent.map { agent in
            PlanReach(
                .calls(agents: [agent]), source: system, events: mapping.sourceEvent.map { [$0] } ?? [],
                conditions: mapping.conditions)
        }
        say(.routes, subject, event + condition, parts.compactMap(\.self).joined(separator: "  "), reach: calls)
    }

    private mutating func add(_ connector: ConnectorManifest) {
        let subject = "connector \(connector.name)"
        let connection = connector.connection
        say(
            .connections, subject, "", "\(connector.system) \(connector.kind.rawValue)",
            shown: "to \(connector.system), \(connector.kind.rawValue)")
        say(.connections, subject, "base_url", connection.baseURL, order: .trust)
        say(.connections, subject, "identity", connection.identity)
        let secret = connection.authentication?.secret.map { " from \($0)" } ?? ""
        say(
            .connections, subject, "auth", connection.authentication.map { "\($0)" },
            shown: connection.authentication.map { $0.scheme.rawValue + secret }, order: .trust)
        say(
            .connections, subject, "polling",
            connector.polling.map { "\($0.endpoint) every \(Amount.duration($0.interval))" })
        say(
            .permissions, subject, "rate_limits", connector.rateLimits.map(Self.text),
            order: .ranks(connector.rateLimits.map(Self.ranks) ?? [], absent: .max))
        say(.permissions, subject, "scopes.read", connector.scopes.read.sorted().joined(separator: ", "))
        say(.permissions, subject, "scopes.write", connector.scopes.write.sorted().joined(separator: ", "))
        say(.permissions, subject, "assigned_agents", connector.assignedAgents.sorted().joined(separator: ", "))
        for mapping in connector.eventMapping { add(mapping, subject, from: connector.system) }
    }

    private static func text(_ limit: ModelRateLimit) -> String {
        let parts = [
            limit.requestsPerMinute.map { "\($0) requests" },
            limit.tokensPerMinute.map { "\(Amount.grouped($0)) tokens" },
        ]
        return parts.compactMap(\.self).joined(separator: " and ") + " a minute"
    }

    private static func text(_ limit: RequestRateLimit) -> String {
        "\(limit.requestsPerMinute) requests a minute" + (limit.burst.map { ", burst \($0)" } ?? "")
    }

    private static func ranks(_ limit: RequestRateLimit) -> [Int64] {
        [limit.requestsPerMinute, limit.burst ?? limit.requestsPerMinute].map(Int64.init)
    }

    mutating func addModels() {
        for provider in snapshot.providers {
            let subject = "model \(provider.name)"
            say(.models, subject, "", "\(provider.vendor.rawValue)/\(provider.model)")
            say(.models, subject, "base_url", provider.baseURL, order: .trust)
            say(.models, subject, "api_key", provider.apiKey?.description, order: .trust)
            say(.models, subject, "context_window", provider.contextWindow.map { "\($0)" })
            say(.models, subject, "use_for", provider.useFor.sorted().joined(separator: ", "))
            say(.models, subject, "recording", provider.recording)
            say(
                .models, subject, "rate_limit", provider.rateLimit.map { "\($0)" },
                shown: provider.rateLimit.map(Self.text))
            // Lower prices allow more usage.
            say(
                .models, subject, "prices", provider.prices?.text,
                order: .ranks(provider.prices?.amounts.map { -$0 } ?? []))
            say(.models, subject, "priority", "\(provider.priority)")
            say(.models, subject, "capabilities", provider.capabilities.sorted().joined(separator: ", "))
            say(
                .models, subject, "max_output_tokens", provider.maxOutputTokens.map { "\($0)" },
                order: .rank(provider.maxOutputTokens))
        }
        say(.models, "models", "fallback_chain", snapshot.fallbackChain.joined(separator: ", "))
    }

    /// Kinds that are compared by their files.
    mutating func addWholeManifests() {
        let kinds: [(String, [any Manifest])] = [
            ("scheduling", snapshot.scheduling), ("privacy", snapshot.privacy), ("feed", snapshot.feeds),
            ("notifications", snapshot.notifications), ("swarm", snapshot.swarms),
        ]
        for (kind, manifests) in kinds {
            for manifest in manifests {
                let bytes = snapshot.file(manifest.location.file) ?? []
                say(
                    .policies, "\(kind) \(manifest.name)", "", String(decoding: bytes, as: UTF8.self) + manifest.name,
                    shown: manifest.location.file)
            }
        }
    }
}

extension WebhookEndpointManifest.Replay {
    /// How many repeated deliveries are accepted again; the source's own rule is between the two.
    fileprivate var openness: Int64 {
        switch self {
        case .byBody: 0
        case .byID: 2
        }
    }
}
