import GuildDomain

extension WebhookEndpointManifest {
    init(_ metadata: Metadata, spec: MappingReader) {
        let systems = spec.reader.scope.findings.systems
        self.init(
            metadata: metadata,
            system: spec.required("system", "the sender" + systems.exampleOfSystem)?.read(.dnsLabel) ?? "")
        isDefault = spec["default"]?.bool() ?? false
        authentication =
            spec["authentication"]?.mapping { WebhookAuthentication($0, from: system) } ?? WebhookAuthentication()
        let receiver = systems.receiver(system: system, scheme: authentication.scheme.rawValue)
        if spec["authentication"] == nil, receiver != nil {
            spec["system"]?.problem(
                "no authentication: this endpoint answers 503 until it has secret_refs", severity: .warning)
        }
        chapter = spec["chapter"]?.name(of: .chapter)?.lowercased()
        eventMapping = EventMapping.list(
            spec["event_mapping"], ofDeliveries: receiver != nil, from: receiver == nil ? nil : system)
        rateLimit = spec["rate_limit"]?.mapping { RequestRateLimit($0) }
        maxBody = spec["max_body"]?.read(.byteCount)
        trustedProxies = spec["trusted_proxies"]?.addresses() ?? []
        replay = spec["replay"]?.read(.oneOf(Replay.self))
        spec["event_type"]?.mapping { reader in
            eventTypeHeader = reader["header"]?.filledText()
            eventTypePath = reader["path"]?.filledText()
        }
        if receiver != nil { warnWhatDoesNotRun(spec) } else { checkScheme(spec) }
    }

    private func warnWhatDoesNotRun(_ spec: MappingReader) {
        if eventMapping.contains(where: { $0.guildEvent != nil }) { spec["event_mapping"]?.notRunYet(.guildEvent) }
        spec["trusted_proxies"]?.notRunYet(.trustedProxies)
        spec["event_type"]?.notRunYet(.eventType)
    }

    private func checkScheme(_ spec: MappingReader) {
        guard !system.isEmpty else { return }
        if authentication.scheme != .system || NotRunYet.webhookSystems.contains(system) {
            spec["system"]?.notRunYet(.notRun("webhooks of \(system)"))
        } else {
            (spec["authentication"] ?? spec["system"])?.problem(
                "no signature scheme is known for '\(system)'",
                expected: "`authentication.type`: "
                    + WebhookAuthentication.Scheme.allCases.dropFirst().map(\.rawValue).joined(separator: ", "))
        }
    }
}

extension WebhookAuthentication {
    /// - Parameter system: if nobody receives its deliveries, the endpoint as a whole has no effect, and nothing is said
    ///   of each key.
    fileprivate init(_ reader: MappingReader, from system: String) {
        self.init()
        scheme = reader["type"]?.read(.oneOf(Scheme.self)) ?? scheme
        secrets = (reader["secret_refs"]?.elements(orOne: true) ?? []).compactMap { $0.secret() }
        header = reader["header"]?.filledText()
        prefix = reader["prefix"]?.text()
        encoding = reader["encoding"]?.read(.oneOf(Encoding.self)) ?? encoding
        if let template = reader["signed"], let text = template.filledText() {
            signed = text
            if !text.contains("{body}") { template.mismatch("a template with {body} in it") }
        }
        timestampHeader = reader["timestamp_header"]?.filledText()
        tolerance = reader["tolerance"]?.read(.duration(atLeast: .seconds(1)))
        if let tolerance, tolerance > AcceptancePolicy.standardDedupWindow {
            reader["tolerance"]?.problem(
                "ids are remembered for 24 h at least: a delivery that somebody kept may be taken again after that",
                severity: .warning)
        }
        if (reader["secret_refs"]?.elements(orOne: true) ?? []).isEmpty {
            reader.reader.problem(
                "no secret_refs: this endpoint answers 503 until there is one", severity: .warning)
        }
        switch scheme {
        case .hmacSHA256, .hmacSHA1, .token, .ed25519:
            if header == nil { _ = reader.required("header", "the header that holds the proof") }
        case .system, .standardWebhooks, .basic: break
        }
        let systems = reader.reader.scope.findings.systems
        if let receiver = systems.receiver(system: system, scheme: scheme.rawValue), let profile = receiver.webhooks {
            warnWhatDoesNotRun(reader, receiver, profile)
        }
    }

    private func warnWhatDoesNotRun(_ reader: MappingReader, _ receiver: SystemProfile, _ profile: WebhookProfile) {
        guard profile.schemes.contains(scheme.rawValue) else {
            reader["type"]?.notRunYet(NotRunYet.signatureScheme(of: receiver))
            return
        }
        let keys = ["header", "prefix", "encoding", "signed", "timestamp_header", "tolerance"]
        for key in keys where !profile.settings.contains(key) {
            reader[key]?.notRunYet(NotRunYet.signatureSettings(of: receiver))
        }
    }
}

extension RequestRateLimit {
    init?(_ reader: MappingReader) {
        let burst = reader["burst"]?.read(.integer(in: 1...10_000_000))
        let rate = reader.required("requests_per_minute", "a whole number")?.read(.integer(in: 1...10_000_000))
        guard let rate else { return nil }
        self.init(requestsPerMinute: rate, burst: burst)
    }
}

extension NodeReader {
    /// Addresses, or blocks in CIDR notation.
    fileprivate func addresses() -> [String] {
        elements(orOne: true).compactMap { element in
            guard let text = element.filledText() else { return nil }
            guard InternetAddress(text) != nil || AddressBlock(text) != nil else {
                element.mismatch("an address or a block such as 10.0.0.0/8")
                return nil
            }
            return text
        }
    }
}

extension FeedAggregator {
    init(_ metadata: Metadata, spec: MappingReader) {
        let kind = spec.required("type", "RSS, API, EMAIL or CALENDAR")?.read(.oneOf(Kind.self))
        self.init(metadata: metadata, kind: kind ?? .rss, timing: Self.timing(spec))
        spec.reader.notRunYet(.feedAggregator)
        sources = (spec.required("sources", "a list of name and url")?.elements() ?? []).compactMap { element in
            element.mapping { source -> Source? in
                let name = source.required("name", "a name")?.filledText()
                let url = source.required("url", "an address")?.filledText()
                guard let name, let url else { return nil }
                return Source(name: name, url: url)
            }
        }
        spec["processing"]?.mapping { processing in
            for member in processing["filter"]?.members() ?? [] { filter[member.key] = member.value.texts() }
            action = processing["action"]?.mapping { Action($0) }
        }
    }

    private static func timing(_ spec: MappingReader) -> Timing {
        let schedule = spec["schedule"]
        let interval = spec["interval"]
        if schedule != nil, let interval {
            interval.problem("both `schedule` and `interval`", expected: "one of them")
        }
        if let (parsed, text) = schedule?.cronSchedule() { return .schedule(parsed, text: text) }
        if let interval { return .interval(interval.read(.duration(atLeast: .seconds(1))) ?? .seconds(3600)) }
        if schedule == nil { _ = spec.required("interval", "a duration, or a `schedule`") }
        return .interval(.seconds(3600))
    }
}

extension FeedAggregator.Action {
    fileprivate init?(_ reader: MappingReader) {
        guard let type = reader.required("type", "what to do")?.filledText() else { return nil }
        self.init(type: type)
        target = reader["target"]?.filledText()
        notify = reader["notify"]?.texts() ?? []
    }
}
