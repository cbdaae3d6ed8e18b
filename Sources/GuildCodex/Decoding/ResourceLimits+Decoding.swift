import GuildDomain

extension TokenBudget {
    static let keys = ["perInvocation", "perMinute", "perHour", "perDay", "perMonth"]

    init(_ reader: MappingReader) {
        self.init(
            perInvocation: reader["perInvocation"]?.read(.tokens), perMinute: reader["perMinute"]?.read(.tokens),
            perHour: reader["perHour"]?.read(.tokens), perDay: reader["perDay"]?.read(.tokens),
            perMonth: reader["perMonth"]?.read(.tokens))
    }
}

extension CostBudget {
    init(_ reader: MappingReader) {
        self.init(
            perInvocation: reader["perInvocation"]?.read(.microdollars),
            perMinute: reader["perMinute"]?.read(.microdollars),
            perHour: reader["perHour"]?.read(.microdollars), perDay: reader["perDay"]?.read(.microdollars),
            perMonth: reader["perMonth"]?.read(.microdollars))
    }
}

extension ResourceLimits {
    /// An agent's own block, the older spelling `limits` among it.
    init(agent reader: MappingReader) {
        self.init(reader)
        guard let older = reader["limits"] else { return }
        older.mapping { limits in
            if let tokens = limits["tokensPerInvocation"] {
                if tokenBudget.perInvocation != nil { tokens.double("tokenBudget.perInvocation") }
                tokenBudget.perInvocation = tokenBudget.perInvocation ?? tokens.read(.tokens)
                locations["tokenBudget.perInvocation"] = locations["tokenBudget.perInvocation"] ?? tokens.location
            }
            if let active = limits["maxActiveDuration"] {
                if maxActiveDuration != nil { active.double("maxActiveDuration") }
                maxActiveDuration = maxActiveDuration ?? active.read(.duration(atLeast: .milliseconds(1)))
                locations["maxActiveDuration"] = locations["maxActiveDuration"] ?? active.location
            }
        }
    }

    init(_ reader: MappingReader) {
        self.init()
        if let budget = reader["tokenBudget"] {
            tokenBudget = budget.mapping { TokenBudget($0) } ?? TokenBudget()
            locations.merge(budget.limitLocations("tokenBudget")) { $1 }
        }
        if let budget = reader["costBudget"] {
            costBudget = budget.mapping { CostBudget($0) } ?? CostBudget()
            locations.merge(budget.limitLocations("costBudget")) { $1 }
        }
        contextWindow = reader["contextWindow"]?.read(.tokens)
        if contextWindow != nil { reader["contextWindow"]?.notRunYet(.contextWindow) }
        maxActiveDuration = reader["maxActiveDuration"]?.read(.duration(atLeast: .milliseconds(1)))
        maxConcurrent = reader["maxConcurrent"]?.read(.integer(in: 1...10_000))
        actions = reader["actions"]?.mapping { ActionLimits($0) } ?? ActionLimits()
        for key in ["contextWindow", "maxActiveDuration", "maxConcurrent"] {
            if let location = reader[key]?.location { locations[key] = location }
        }
    }
}

extension NodeReader {
    /// Where each limit of a budget is written, by its key: `tokenBudget.perDay`.
    func limitLocations(_ key: String) -> [String: SourceLocation] {
        guard case .mapping(let mapping) = node else { return [:] }
        var locations: [String: SourceLocation] = [:]
        for pair in mapping.pairs {
            guard case .scalar(let scalar) = pair.key, TokenBudget.keys.contains(scalar.string) else { continue }
            locations[key + "." + scalar.string] = NodeReader(node: pair.value, path: path, scope: scope).location
        }
        return locations
    }

    fileprivate func double(_ newer: String) {
        problem("the older spelling of '\(newer)', which is present too", expected: "one of them")
    }
}
