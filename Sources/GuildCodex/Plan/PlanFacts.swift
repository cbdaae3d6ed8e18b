import GuildDomain

/// A commit as facts that can be compared.
struct PlanFacts {
    struct Key: Hashable {
        let section: CodexPlan.Section
        let subject: String
        let what: String

        /// The fact that says that the subject is there at all.
        var whole: Key { Key(section: .agents, subject: subject, what: "") }
    }

    struct Fact {
        /// The compared value.
        let value: String
        let shown: String
        var order = Order.unordered
        /// The extent of its permission, if facts of other names may cover the same.
        var reach: PlanReach?
    }

    /// How a value compares with another of the same fact, for whoever decides on a push.
    enum Order {
        case unordered
        /// A higher rank allows more. `absent` is each rank if the fact is absent.
        case ranks([Int64], absent: Int64? = nil)
        /// Any other value is something new to trust.
        case trust

        /// The order of one rank; unordered without one.
        static func rank(_ rank: Int64?, absent: Int64? = nil) -> Order {
            rank.map { .ranks([$0], absent: absent) } ?? .unordered
        }

        var ranks: [Int64] { if case .ranks(let ranks, _) = self { ranks } else { [] } }

        /// The ranks if the fact is absent; empty if nobody says.
        var absentRanks: [Int64] {
            guard case .ranks(let ranks, let absent?) = self else { return [] }
            return ranks.map { _ in absent }
        }

        var isTrust: Bool { if case .trust = self { true } else { false } }
    }

    private(set) var facts: [Key: Fact] = [:]
    let snapshot: CodexSnapshot
    /// Every operation of this build.
    let operations: [Operation]

    init(_ snapshot: CodexSnapshot, operations: [Operation]) {
        self.snapshot = snapshot
        self.operations = operations
        for agent in snapshot.agentsByName { add(agent) }
        addGuild()
        for chapter in snapshot.chapters.values { add(chapter) }
        addRoutes()
        addModels()
        for policy in snapshot.safetyPolicies { add(policy) }
        addRateLimits()
        addWholeManifests()
    }

    mutating func say(
        _ section: CodexPlan.Section, _ subject: String, _ what: String, _ value: String?, shown: String? = nil,
        order: Order = .unordered, reach: PlanReach? = nil
    ) {
        guard let value, !value.isEmpty else { return }
        facts[Key(section: section, subject: subject, what: what)] = Fact(
            value: value, shown: shown ?? value, order: order, reach: reach)
    }

    // MARK: Agents

    private mutating func add(_ agent: AgentManifest) {
        let subject = "agent \(agent.name)"
        say(.agents, subject, "", agent.name, shown: "of type \(agent.role)")
        say(.agents, subject, "type", agent.role)
        say(.agents, subject, "version", agent.version?.description)
        say(.agents, subject, "chapter", agent.chapter)
        say(.agents, subject, "description", agent.description)
        say(.agents, subject, "model", agent.model.text)
        let prompt = snapshot.prompt(of: agent)
        let lines = prompt.split(separator: "\n", omittingEmptySubsequences: false).count
        say(.agents, subject, "prompt", prompt, shown: "\(lines) lines, \(prompt.utf8.count) bytes")
        say(.agents, subject, "capabilities", agent.capabilities.sorted().joined(separator: ", "))
        let labels = agent.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        say(.agents, subject, "labels", labels.joined(separator: ", "))
        say(.agents, subject, "context", agent.context.map(\.text).joined(separator: "; "))
        say(
            .agents, subject, "output schema",
            agent.outputSchema.map { "\($0) \(snapshot.file($0).map { String(decoding: $0, as: UTF8.self) } ?? "")" },
            shown: agent.outputSchema)
        let requires = agent.dependencies.requires.map(\.version.description)
        say(.agents, subject, "requires", requires.joined(separator: ", "))
        say(.agents, subject, "notifies", agent.dependencies.notifies.joined(separator: ", "))
        addTools(of: agent, subject)
        addSafety(agent, subject)
        for limit in snapshot.limitsInForce(of: agent) {
            say(
                .budgets, subject, limit.name, String(limit.value),
                shown: limit.unit == .tokens ? "\(limit.shown) tokens" : limit.shown,
                order: .rank(limit.value, absent: .max))
        }
        for trigger in agent.triggers { add(trigger, of: agent.name, subject) }
    }

    private mutating func add(_ trigger: Trigger, of agent: String, _ subject: String) {
        guard let cron = trigger.cron else {
            let calls = PlanReach(
                .calls(agents: [agent]), source: trigger.source, events: trigger.events, conditions: trigger.conditions)
            return say(
                .routes, subject, trigger.text, trigger.debounce?.text ?? "at once",
                reach: trigger.kind == .manual ? nil : calls)
        }
        var parts = ["\(cron.expression) in \(cron.timezone)"]
        let usual = CronTrigger(name: "", schedule: cron.schedule, expression: "", timezone: "")
        if cron.overlap != usual.overlap { parts.append("\(cron.overlap.rawValue) on overlap") }
        if cron.catchUp != usual.catchUp {
            parts.append("catch up \(cron.catchUp.policy.rawValue) within \(Amount.duration(cron.catchUp.window))")
        }
        if cron.dst != usual.dst { parts.append("dst \(cron.dst.rawValue)") }
        if cron.jitter != .zero { parts.append("jitter \(Amount.duration(cron.jitter))") }
        if cron.perPerson { parts.append("for each person") }
        if let intent = cron.intent { parts.append("intent \(intent)") }
        if let priority = trigger.priority { parts.append(priority.name) }
        say(.schedules, subject, cron.name, parts.joined(separator: ", "))
        for container in cron.containers {
            say(
                .schedules, subject, "\(cron.name) on \(container)", "yes", shown: "called in \(container)",
                order: .rank(1, absent: 0))
        }
    }

    private mutating func addSafety(_ agent: AgentManifest, _ subject: String) {
        let safety = agent.safety
        for (name, value) in [
            ("canEscalateToHuman", safety.canEscalateToHuman), ("canModifyJira", safety.canModifyJira),
            ("canSendDirectMessages", safety.canSendDirectMessages),
        ] {
            say(.permissions, subject, name, value.map { $0 ? "yes" : "no" }, order: .rank(value.map { $0 ? 1 : 0 }))
        }
        say(
            .permissions, subject, "maxDMsPerDay", safety.maxDirectMessagesPerDay.map { "\($0)" },
            order: .rank(safety.maxDirectMessagesPerDay.map { Int64($0) }))
    }
}

extension DebounceSettings {
    /// For people.
    var text: String {
        "gathered over \(Amount.duration(window)) by \(key ?? "subject"), at most \(Amount.duration(maxWait))"
    }
}

extension ContextSource {
    fileprivate var text: String {
        switch self {
        case .codex(_, let pattern): "files \(pattern)"
        case .http(let url, let connector): url + (connector.map { " by connector \($0)" } ?? "")
        case .tool(let name, let arguments): "tool \(name) with \(arguments.text())"
        case .memory(let scope, let query, let limit): "memory of \(scope): \(query ?? "all"), at most \(limit)"
        }
    }
}
