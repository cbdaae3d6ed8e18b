import GuildDomain

extension RoutingPolicyManifest {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        strategy = spec["strategy"]?.read(.oneOf(Strategy.self)) ?? strategy
        if strategy == .hybrid { spec["strategy"]?.notRunYet(.hybridRouting) }
        let written = (spec["layers"]?.elements() ?? []).enumerated().compactMap { RoutingLayer($1, position: $0 + 1) }
        // Equal priorities keep the order of the file.
        layers = written.enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
            .map(\.element)
        spec["feedback"]?.mapping { reader in
            feedback.successSignal = reader["success_signal"]?.filledText()
            feedback.failureSignal = reader["failure_signal"]?.filledText()
            feedback.latencyWeight = reader["latency_weight"]?.read(.number(in: -1...1))
            feedback.costWeight = reader["cost_weight"]?.read(.number(in: -1...1))
        }
        spec["feedback"]?.notRunYet(.feedback)
    }
}

extension RoutingLayer {
    fileprivate init?(_ reader: NodeReader, position: Int) {
        let layer = reader.mapping { mapping -> Self? in
            let kind = mapping.required("type", "rules, q_learning or load_balanced")?.read(.oneOf(Kind.self))
            let priority = mapping["priority"]?.read(.integer(in: Int.min...Int.max)) ?? position
            var layer = Self(kind: kind ?? .rules, priority: priority, location: reader.location)
            if kind == .rules || kind == nil {
                layer.rules = (mapping["rules"]?.elements() ?? []).compactMap { RoutingRule($0) }
            }
            if kind == .qLearning || kind == nil {
                layer.learning = mapping["config"]?.mapping { Learning($0) } ?? Learning()
            }
            if kind == .qLearning { reader.notRunYet(.learningLayer) }
            if kind == .loadBalanced {
                _ = mapping["config"]?.json()
                reader.notRunYet(.loadBalancedLayer)
            }
            return kind == nil ? nil : layer
        }
        guard let layer else { return nil }
        self = layer
    }
}

extension RoutingLayer.Learning {
    fileprivate init(_ reader: MappingReader) {
        self.init()
        learningRate = reader["learning_rate"]?.read(.number(in: 0...1))
        discountFactor = reader["discount_factor"]?.read(.number(in: 0...1))
        explorationRate = reader["exploration_rate"]?.read(.number(in: 0...1))
        minimumSamples = reader["min_samples_before_learning"]?.read(.integer())
    }
}

extension RoutingRule {
    fileprivate init?(_ reader: NodeReader) {
        let rule = reader.mapping { mapping in
            var rule = Self(location: reader.location)
            rule.source = mapping["source"]?.eventSource()
            rule.events = mapping["event"]?.eventTypes(of: rule.source) ?? []
            rule.conditions = mapping["conditions"]?.eventPattern()
            rule.priority = mapping["priority"]?.read(.priority)
            let one = mapping["agent"]
            let several = mapping["agents"]
            rule.agents = (one?.names(of: .agent) ?? []) + (several?.names(of: .agent) ?? [])
            if one == nil, several == nil { _ = mapping.required("agent", "the name of an agent, or `agents`") }
            if one != nil, let several { several.problem("both `agent` and `agents`", expected: "one of them") }
            return rule
        }
        guard let rule else { return nil }
        self = rule
    }
}

extension EventMapping {
    /// - Parameter isOfDeliveries: whether it maps deliveries, so that nothing polls and has a response.
    /// - Parameter system: the sender of the deliveries; nil for a connector's.
    static func list(
        _ reader: NodeReader?, ofDeliveries isOfDeliveries: Bool = false, from system: String? = nil
    ) -> [EventMapping] {
        (reader?.elements() ?? []).compactMap { element in
            element.mapping { EventMapping($0, isOfDeliveries: isOfDeliveries, system: system) }
        }
    }

    init(_ mapping: MappingReader, isOfDeliveries: Bool, system: String?) {
        self.init(location: mapping.reader.location)
        let event = mapping["source_event"]
        sourceEvent = event?.filledText().map { Glob($0) }
        if let event, let system, let sourceEvent {
            event.reference(.eventType(source: system), sourceEvent.description)
        }
        let field = mapping["response_field"]
        responseField = field?.filledText()
        if isOfDeliveries {
            field?.problem(
                "no effect: an endpoint receives deliveries, and only a connector that polls has responses",
                severity: .warning)
        }
        conditions = mapping.either("conditions", older: "condition")?.eventPattern()
        guildEvent = mapping["guild_event"]?.filledText()
        targetAgent = mapping["target_agent"]?.name(of: .agent)
        priority = mapping["priority"]?.read(.priority)
    }
}
