import GuildDomain

extension NotificationPolicy {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        spec.reader.notRunYet(.notificationPolicy)
        rules = (spec["rules"]?.elements() ?? []).compactMap { element in
            element.mapping { reader in
                var rule = Rule(name: reader["name"]?.filledText() ?? "", location: element.location)
                rule.condition = reader.either("condition", older: "conditions")?.pattern()
                rule.destinations =
                    (reader.required("destinations", "a list of where to send")?.elements() ?? [])
                    .compactMap { destination in destination.mapping { Destination($0) } }
                return rule
            }
        }
        spec["throttle"]?.mapping { reader in
            throttle.maxDirectMessagesPerDay = reader["maxDMsPerDay"]?.read(.integer())
            throttle.except = (reader["except"]?.elements(orOne: true) ?? []).compactMap { $0.read(.priority) }
        }
        quietHours = spec["quiet_hours"]?.mapping { QuietHours($0) }
    }
}

extension NotificationPolicy.Destination {
    fileprivate init?(_ reader: MappingReader) {
        let kind = reader.required("type", Kind.allCases.map(\.rawValue).joined(separator: ", "))?.read(
            .oneOf(Kind.self))
        self.init(kind: kind ?? .slack)
        target = reader.either("target", older: "channel")?.filledText()
        mention = reader["mention"]?.filledText()
        schedule = reader["schedule"]?.read(.timeOfDay)
        fallback = reader["fallback"]?.filledText()
        guard kind != nil else { return nil }
    }
}

extension NotificationPolicy.QuietHours {
    fileprivate init?(_ reader: MappingReader) {
        let timezone = reader["timezone"]?.read(.timezone) ?? reader.reader.scope.findings.timezone
        let from = reader.required("from", "a time of day")?.read(.timeOfDay)
        let to = reader.required("to", "a time of day")?.read(.timeOfDay)
        guard let from, let to else { return nil }
        self.init(from: from, to: to, timezone: timezone)
    }
}

extension Swarm {
    init(_ metadata: Metadata, spec: MappingReader) {
        let topologies = Topology.allCases.map(\.rawValue).joined(separator: ", ")
        let topology = spec.required("topology", topologies)?.read(.oneOf(Topology.self))
        self.init(metadata: metadata, topology: topology ?? .pipeline)
        spec.reader.notRunYet(.swarm)
        stages = (spec.required("stages", "a list of stages")?.elements() ?? []).compactMap { element in
            element.mapping { Stage($0) }
        }
        spec["coordination"]?.mapping { reader in
            coordination.timeout = reader["timeout"]?.read(.duration(atLeast: .milliseconds(1)))
            coordination.onFailure = reader["on_failure"]?.read(.oneOf(OnFailure.self)) ?? coordination.onFailure
            coordination.sharedContext = reader["shared_context"]?.bool()
            coordination.quorum = reader["quorum"]?.read(.integer(in: 1...1000))
            coordination.maxParallel = reader["max_parallel"]?.read(.integer(in: 1...1000))
        }
        checkStages(spec)
    }

    private func checkStages(_ spec: MappingReader) {
        let names = stages.map(\.name)
        for stage in stages {
            for name in stage.receivesFrom + stage.triggers where !names.contains(name) {
                spec.reader.scope.findings.add(
                    Problem(
                        .error, at: stage.location, path: stage.path,
                        found: "no stage is called \(quoted(name))", suggestion: NearestName.of(name, in: names)))
            }
        }
    }
}

extension Swarm.Stage {
    fileprivate init?(_ reader: MappingReader) {
        let name = reader.required("name", "the stage's name")?.filledText()
        let agent = reader.required("agent", "the name of an agent")?.name(of: .agent)
        self.init(
            name: name ?? "", agent: agent ?? "", location: reader.reader.location, path: reader.reader.path.text)
        receivesFrom = reader["receives_from"]?.texts() ?? []
        triggers = reader["triggers"]?.texts() ?? []
        outputs = (reader["outputs"]?.elements() ?? []).compactMap { element in
            element.mapping { output -> Swarm.Output? in
                let path = output["path"]?.filledText()
                return output.required("type", "what it is")?.filledText().map { Swarm.Output(type: $0, path: path) }
            }
        }
        guard name != nil, agent != nil else { return nil }
    }
}
