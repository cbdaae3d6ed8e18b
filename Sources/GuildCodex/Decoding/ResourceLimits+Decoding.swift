import GuildDomain
import Yams

extension TokenBudget {
    static let keys = ["perInvocation", "perMinute", "perHour", "perDay", "perMonth"]

    init(_ reader: MappingReader) {
        self.init(
            perInvocation: reader["perInvocation"]?.tokens(), perMinute: reader["perMinute"]?.tokens(),
            perHour: reader["perHour"]?.tokens(), perDay: reader["perDay"]?.tokens(),
            perMonth: reader["perMonth"]?.tokens())
    }
}

extension CostBudget {
    init(_ reader: MappingReader) {
        self.init(
            perInvocation: reader["perInvocation"]?.microdollars(), perMinute: reader["perMinute"]?.microdollars(),
            perHour: reader["perHour"]?.microdollars(), perDay: reader["perDay"]?.microdollars(),
            perMonth: reader["perMonth"]?.microdollars())
    }
}

extension ResourceLimits {
    /// An agent's own block, the older spelling `limits` among it.
    init(agent reader: MappingReader) {
        self.init(reader)
        guard let older = reader["limits"] else { return }
        _ = older.mapping { limits in
            if let tokens = limits["tokensPerInvocation"] {
                if tokenBudget.perInvocation != nil { tokens.double("tokenBudget.perInvocation") }
                tokenBudget.perInvocation = tokenBudget.perInvocation ?? tokens.tokens()
                locations["tokenBudget.perInvocation"] = locations["tokenBudget.perInvocation"] ?? tokens.location
            }
            if let active = limits["maxActiveDuration"] {
                if maxActiveDuration != nil { active.double("maxActiveDuration") }
                maxActiveDuration = maxActiveDuration ?? active.duration(atLeast: .milliseconds(1))
                locations["maxActiveDuration"] = locations["maxActiveDuration"] ?? active.location
            }
        }
    }

    init(_ reader: MappingReader) {
        self.init()
        if let budget = reader["tokenBudget"] {
            tokenBudget = budget.mapping { TokenBudget($0) } ?? TokenBudget()
            note(budget, "tokenBudget")
        }
        if let budget = reader["costBudget"] {
            costBudget = budget.mapping { CostBudget($0) } ?? CostBudget()
            note(budget, "costBudget")
        }
        contextWindow = reader["contextWindow"]?.tokens()
        if contextWindow != nil { reader["contextWindow"]?.notRunYet(.contextWindow) }
        maxActiveDuration = reader["maxActiveDuration"]?.duration(atLeast: .milliseconds(1))
        maxConcurrent = reader["maxConcurrent"]?.integer(in: 1...10_000)
        actions = reader["actions"]?.mapping { ActionLimits($0) } ?? ActionLimits()
        for key in ["contextWindow", "maxActiveDuration", "maxConcurrent"] {
            locations[key] = reader[key]?.location
        }
    }

    private mutating func note(_ budget: NodeReader, _ key: String) {
        guard case .mapping(let mapping) = budget.node else { return }
        for (name, value) in mapping {
            guard case .scalar(let scalar) = name, TokenBudget.keys.contains(scalar.string) else { continue }
            locations["\(key).\(scalar.string)"] =
                NodeReader(node: value, path: budget.path, scope: budget.scope).location
        }
    }
}

extension NodeReader {
    fileprivate func double(_ newer: String) {
        problem("the older spelling of '\(newer)', which is present too", expected: "one of them")
    }
}
