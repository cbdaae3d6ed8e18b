import GuildDomain

extension RateLimitPolicy {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        limits = (spec["limits"]?.elements() ?? []).compactMap { element in
            element.mapping { Limit($0) }
        }
    }
}

extension RateLimitPolicy.Limit {
    fileprivate init?(_ reader: MappingReader) {
        let scopes = RateLimitPolicy.Scope.allCases.map(\.rawValue).joined(separator: ", ")
        let scope = reader.required("scope", scopes)?.read(.oneOf(RateLimitPolicy.Scope.self))
        self.init(scope: scope ?? .organization, location: reader.reader.location)
        requestsPerMinute = reader["requests_per_minute"]?.read(.integer(in: 1...10_000_000))
        requestsPerHour = reader["requests_per_hour"]?.read(.integer(in: 1...10_000_000))
        if requestsPerMinute != nil, requestsPerHour != nil {
            reader["requests_per_hour"]?.problem(
                "both `requests_per_minute` and `requests_per_hour`", expected: "one of them; two limits for both")
        }
        burst = reader["burst"]?.read(.integer(in: 1...10_000_000))
        tokensPerMinute = reader["tokens_per_minute"]?.read(.tokens)
        action = reader["action"]?.read(.oneOf(RateLimitPolicy.Action.self)) ?? action
        if ["requests_per_minute", "requests_per_hour", "tokens_per_minute"].allSatisfy({ reader[$0] == nil }) {
            _ = reader.required(
                "requests_per_minute", "a whole number, or `requests_per_hour`, or `tokens_per_minute`")
        }
        if scope == .sender {
            reader["tokens_per_minute"]?.problem(
                "tokens of a sender", expected: "`requests_per_minute` or `requests_per_hour`: a sender's runs")
        }
        if let match = reader["match"] { readMatch(match, scope) }
        guard scope != nil else { return nil }
    }

    private static func senderNames(_ systems: SystemCatalogue) -> String {
        "`non-members`, or a system and the sender's id there" + systems.exampleOfSender
    }

    private static func isSender(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
    }

    /// A name alone, or a mapping of `name` or `labels`.
    private mutating func readMatch(_ match: NodeReader, _ scope: RateLimitPolicy.Scope?) {
        let kind: Reference.Kind? =
            switch scope {
            case .agent: .agent
            case .chapter: .chapter
            case .connector: .connector
            case .endpoint, .organization, .sender, nil: nil
            }
        let named = { (reader: NodeReader?) in kind.map { reader?.name(of: $0) } ?? reader?.filledText() }
        if match.isScalar {
            name = named(match)
        } else {
            match.mapping { reader in
                name = named(reader["name"])
                labels = reader["labels"]?.labels() ?? [:]
                if scope == .sender {
                    reader["labels"]?.problem(
                        "labels of a sender", expected: Self.senderNames(reader.reader.scope.findings.systems))
                }
            }
        }
        guard scope == .sender, let name, name != RateLimitPolicy.nonMembers else { return }
        if Self.isSender(name) {
            match.reference(.sender, name)
        } else {
            match.mismatch(Self.senderNames(match.scope.findings.systems))
        }
    }
}

extension SchedulingPolicy {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        preemption = spec["preemption"]?.bool()
        spec["backpressure"]?.mapping { reader in
            backpressure.depth = reader["depth"]?.read(.integer(in: 1...100_000_000))
            locations["backpressure.depth"] = reader["depth"]?.location
            backpressure.retryAfter = reader["retry_after"]?.read(.duration())
            guard let refuse = reader["refuse"] else { return }
            backpressure.refuse = refuse.elements(orOne: true).compactMap { $0.read(.priority) }
            if backpressure.refuse.contains(.critical) {
                refuse.problem("CRITICAL work refused", expected: "priorities below it; CRITICAL is never refused")
            }
        }
        readFairShare(spec["fair_share"])
        maxConcurrent = spec["max_concurrent"]?.read(.integer(in: 1...100_000))
        spec["retries"]?.mapping { reader in
            retryLimit = reader["max"]?.read(.integer(in: 0...100))
            retryBase = reader["base"]?.read(.duration())
            retryCap = reader["cap"]?.read(.duration())
            for key in ["max", "base", "cap"] { locations["retries.\(key)"] = reader[key]?.location }
        }
    }

    /// `true`, or a mapping of chapters to weights.
    private mutating func readFairShare(_ reader: NodeReader?) {
        guard let reader else { return }
        fairShare = reader.isMapping ? true : reader.bool()
        guard reader.isMapping else { return }
        for member in reader.members() {
            member.value.reference(.chapter, member.key)
            weights[member.key.lowercased()] = member.value.read(.integer(in: 1...1000))
        }
    }
}

extension SafetyPolicy {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        freezes = (spec["freezes"]?.elements() ?? []).compactMap { element in
            element.mapping { Freeze($0) }
        }
        approvals = (spec["approvals"]?.elements() ?? []).compactMap { element in
            element.mapping { Approval($0) }
        }
        hopLimit = spec["hop_limit"]?.read(.integer(in: 1...1000))
        rootTokens = spec["root_tokens"]?.read(.tokens)
        ignoreSenders = spec["ignore_senders"]?.texts() ?? []
        for key in ["hop_limit", "root_tokens"] { locations[key] = spec[key]?.location }
    }
}

extension SafetyPolicy.Approval {
    fileprivate init(_ reader: MappingReader) {
        let tools =
            reader["fields"] == nil
            ? reader.tools(expected: "a list of tool patterns, or `fields`: what is written")
            : reader["tools"]?.names(of: .toolPattern).map { Glob($0) }
        self.init(tools: tools ?? [], location: reader.reader.location)
        let scope = Reference.Kind.field(tools: self.tools.map(\.description))
        fields = reader["fields"]?.names(of: scope) ?? []
        // An empty list would read as "none" and hold for all.
        for key in ["tools", "fields"] {
            guard let list = reader[key], list.elements(orOne: true).isEmpty else { continue }
            list.problem("an empty list", expected: "at least one, or no `\(key)` at all")
        }
        guard let written = reader["conditions"] else { return }
        conditions = written.pattern()
        remember(conditions, at: written)
    }

    /// The conditions may only test what a write can carry.
    private func remember(_ conditions: EventPattern?, at written: NodeReader) {
        let writes = Reference.ApprovedWrites(tools: tools.map(\.description), fields: fields)
        let members = written.isMapping ? written.members() : []
        var seen: Set<EventPattern.Field> = []
        for alternative in conditions?.alternatives ?? [] {
            for field in alternative.fields where seen.insert(field).inserted {
                guard let name = field.path.first else { continue }
                let place = members.first { $0.key == name }?.value ?? written
                place.reference(.condition(writes, field), name)
            }
            let names = alternative.fields.compactMap(\.path.first).joined(separator: ", ")
            if alternative.fields.count > 1 { written.reference(.conditions(writes, alternative.fields), names) }
        }
    }
}

extension SafetyPolicy.Freeze {
    fileprivate init?(_ reader: MappingReader) {
        let tools = reader.tools()
        let message = reader["message"]?.filledText()
        let timezone = reader.reader.scope.findings.timezone
        let window = reader.required("when", "`days`, `from`, `to`")?.mapping { when in
            var window = SafetyPolicy.Window(timezone: when["timezone"]?.read(.timezone) ?? timezone)
            window.days = Set((when["days"]?.elements(orOne: true) ?? []).compactMap { $0.read(.weekday) })
            window.from = when["from"]?.read(.timeOfDay)
            window.to = when["to"]?.read(.timeOfDay)
            return window
        }
        guard let window else { return nil }
        self.init(
            tools: tools, when: window, location: reader.reader.location, path: reader.reader.path.text)
        self.message = message
    }
}

extension MappingReader {
    fileprivate func tools(expected: String = "a list of tool patterns") -> [Glob] {
        required("tools", expected)?.names(of: .toolPattern).map { Glob($0) } ?? []
    }
}

extension PrivacyPolicy {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        spec["blocked_channels"]?.notRunYet(.blockedChannels)
        spec["pii_handling"]?.notRunYet(.personalData)
        blockedChannels = (spec["blocked_channels"]?.elements() ?? []).compactMap { element in
            element.mapping { $0.required("pattern", "a channel; * is a wildcard")?.filledText().map { Glob($0) } }
        }
        spec["pii_handling"]?.mapping { reader in
            names = reader["names"]?.read(.oneOf(Handling.self))
            emails = reader["emails"]?.read(.oneOf(Handling.self))
            compensation = reader["compensation"]?.read(.oneOf(Handling.self))
        }
        spec["data_retention"]?.mapping { reader in
            retention.rawMessages = reader["raw_messages"]?.read(.duration())
            retention.aggregatedMetrics = reader["aggregated_metrics"]?.read(.duration())
            retention.auditLogs = reader["audit_logs"]?.read(.duration())
        }
    }
}
