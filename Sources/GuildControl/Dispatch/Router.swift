package import GuildCodex
package import GuildDomain

/// The result of trying one trigger or rule on an event.
package struct RuleTrial: Sendable, Hashable {
    /// `agents/ranger#0`, `routing/default#3`.
    package let rule: String
    /// The agent that the rule calls.
    package let agent: String
    /// Nil if it matched, or else the first mismatch.
    package let mismatch: String?
}

/// Decides which agents an event calls: the pure rules of the dispatcher (docs/dispatch.md, "Rules").
///
/// An event first passes the loop guard and the ignored senders, then each agent's triggers and each routing rule, all
/// of them compiled into one index. An agent that several of them name runs once; the later ones are recorded as merged
/// into that run. Events of our own actions reach only rules whose conditions name `guildown`, and only if their cause
/// is known, so that each such event is one hop further and the chain ends at the hop limit.
package struct Router: Sendable {
    private let snapshot: CodexSnapshot
    /// Over the conditions of `rules`, by their positions.
    private let index: PatternIndex
    /// Triggers of agents in the order of their names, then routing rules by layer, then the endpoints' mappings.
    private let rules: [RouteRule]

    /// Trials listed in the decision of an event that nothing wanted.
    private static let listedTrials = 40

    /// Compiles the rules of the codex at one commit.
    package init(_ snapshot: CodexSnapshot) {
        self.snapshot = snapshot
        rules = RouteRule.triggers(of: snapshot) + RouteRule.routing(of: snapshot) + RouteRule.mappings(of: snapshot)
        index = PatternIndex(rules.map(\.indexed))
    }

    /// The commit whose rules these are.
    package var commit: String { snapshot.commit }

    /// One decision for each agent and rule that matched, or one that says why none did.
    ///
    /// - Parameter rootTokens: the tokens that the event's root has used so far.
    package func decide(_ event: Event, rootTokens: Int64 = 0, now: Timestamp) -> [Decision] {
        if !event.isOwn, let stop = loopStop(event, rootTokens) { return [stop] }
        if event.isOwn, !rules.contains(where: \.wantsOwn) { return [.none(.ownEvent, Self.ownReason)] }
        if event.isOwn, event.cause == nil {
            return [.none(.ownEvent, "\(Self.ownReason), but it is unknown which one")]
        }
        let data: JSONValue
        do {
            data = try event.data()
        } catch {
            return [.none(.invalid, "the payload is \(error.message)")]
        }
        if let sender = IgnoredSenders(snapshot.safety.ignoreSenders).match(in: data) {
            return [.none(.blocked, "events of the sender \(sender) are ignored (ignore_senders)")]
        }
        let json = event.json(data: data)
        let matches = index.rules(matching: json) { position in
            let rule = rules[position]
            return (!event.isOwn || rule.wantsOwn) && rule.mismatch(event) == nil
        }.map { rules[$0] }
        guard !matches.isEmpty else {
            return [
                event.isOwn
                    ? .none(.ownEvent, Self.ownReason)
                    : Decision(rule: "", agent: "", outcome: .unrouted, reasons: unroutedReasons(event, json))
            ]
        }
        if event.isOwn, let stop = loopStop(event, rootTokens) { return [stop] }
        return decisions(for: event, matches, now: now)
    }

    private static let ownReason = "our own action caused this event"

    /// Why a chain of events goes no further, or nil if it may.
    private func loopStop(_ event: Event, _ rootTokens: Int64) -> Decision? {
        let hops = snapshot.settings.hopLimit
        let tokens = snapshot.settings.rootTokens
        var stop: Decision
        if event.hop >= hops.value {
            let reason = "the chain is \(event.hop) events long; the limit is \(hops.value)"
            stop = .none(.loopStopped, reason)
            stop.notice = Decision.Notice(
                name: "hop-limit", text: "The chain that began with event \(event.root) was stopped: \(reason).")
        } else if rootTokens >= tokens.value {
            let reason = "the chain has used \(rootTokens) tokens; the limit is \(tokens.value)"
            stop = .none(.loopStopped, reason)
            stop.notice = Decision.Notice(
                name: "root-tokens", text: "The chain that began with event \(event.root) was stopped: \(reason).")
        } else {
            return nil
        }
        return stop
    }

    /// Every rule with its result for the event, as `dispatch explain` prints it.
    package func trials(_ event: Event) throws(JSONParser.Problem) -> [RuleTrial] {
        let json = event.json(data: try event.data())
        return rules.map { RuleTrial(rule: $0.name, agent: $0.agent, mismatch: $0.mismatch(event, json: json)) }
    }

    /// The longest chain of events caused by our own actions.
    package var hopLimit: Int { snapshot.settings.hopLimit.value }

    private func decisions(for event: Event, _ matches: [RouteRule], now: Timestamp) -> [Decision] {
        var first: [String: InvocationID] = [:]
        // One rule that says CRITICAL is enough, whichever comes first.
        let priorities = Dictionary(matches.map { ($0.agent, $0.priority ?? event.priority) }, uniquingKeysWith: min)
        return matches.map { rule in
            if let running = first[rule.agent] {
                return Decision(
                    rule: rule.name, agent: rule.agent, outcome: .merged, reasons: ["merged into \(running)"])
            }
            let id = InvocationID(now: now)
            first[rule.agent] = id
            let invocation = NewInvocation(
                id: id, agent: rule.agent, chapter: snapshot.agent(rule.agent)?.chapter,
                priority: priorities[rule.agent] ?? event.priority)
            return Decision(
                rule: rule.name, agent: rule.agent, outcome: .dispatched, reasons: ["\(rule.name) matched"],
                invocation: invocation)
        }
    }

    /// Of an event that no rule matches.
    private func unroutedReasons(_ event: Event, _ json: JSONValue) -> [String] {
        guard !rules.isEmpty else { return ["there are no triggers and no rules"] }
        let trials = rules.prefix(Self.listedTrials).compactMap { rule in
            rule.mismatch(event, json: json).map { "\(rule.name): \($0)" }
        }
        return rules.count > Self.listedTrials ? trials + ["and \(rules.count - Self.listedTrials) more"] : trials
    }
}

extension Decision {
    /// A decision that sets nothing going.
    fileprivate static func none(_ outcome: Outcome, _ reason: String) -> Decision {
        Decision(rule: "", agent: "", outcome: outcome, reasons: [reason])
    }
}

/// A trigger or a rule in one shape.
private struct RouteRule {
    let name: String
    let agent: String
    var source: String?
    var events: [Glob]
    var conditions: EventPattern?
    var priority: Priority?
    /// The exact event source that a cron trigger listens to.
    var exactSource: String?
    /// The endpoint whose mapping it is: the rule is about what came by it alone.
    var endpoint: Endpoint?

    struct Endpoint {
        let name: String
        /// Whether the system's short address leads to it. An event that came by no endpoint, as from a person, counts
        /// as sent there.
        let isDefault: Bool
    }

    /// Whether it also wants events of our own actions: its conditions mention `guildown`.
    var wantsOwn: Bool {
        conditions?.alternatives.contains { $0.fields.contains { $0.path == ["guildown"] && !$0.wantsAbsence } }
            ?? false
    }

    init(
        name: String, agent: String, source: String?, events: [Glob], conditions: EventPattern?, priority: Priority?
    ) {
        self.name = name
        self.agent = agent
        self.source = source
        self.events = events
        self.conditions = conditions
        self.priority = priority
    }

    /// - Returns: nil for a trigger that only a person pulls.
    init?(_ trigger: Trigger, index: Int, of agent: AgentManifest) {
        guard trigger.kind != .manual else { return nil }
        self.init(
            name: "agents/\(agent.name)#\(index)", agent: agent.name, source: trigger.source, events: trigger.events,
            conditions: trigger.conditions, priority: trigger.priority)
        if let cron = trigger.cron {
            source = "schedule"
            exactSource = ScheduleEvent.source(agent: agent.name, schedule: cron.name)
        }
    }

    /// The first thing that keeps the event from matching, or nil.
    func mismatch(_ event: Event, json: JSONValue) -> String? {
        mismatch(event) ?? conditions?.firstMismatch(in: json).map { "\($0)" }
    }

    /// The same without the conditions.
    func mismatch(_ event: Event) -> String? {
        if let source, source.lowercased() != event.system.lowercased() {
            return "source is \(event.system), wanted \(source)"
        }
        if let endpoint, !endpoint.takes(event) {
            return "endpoint is \(event.attributes.endpoint ?? "none"), wanted \(endpoint.name)"
        }
        if let exactSource, exactSource != event.source { return "source is \(event.source), wanted \(exactSource)" }
        if !events.isEmpty {
            let names = [event.type] + (event.guildEvent.map { [$0] } ?? [])
            if !events.contains(where: { glob in names.contains(where: glob.matches) }) {
                return
                    "event is \(names.joined(separator: " / ")), wanted \(events.map { "\($0)" }.joined(separator: ", "))"
            }
        }
        return nil
    }

    /// The indexed part of the rule: its conditions, and its tests of the event's envelope.
    var indexed: PatternIndex.Rule {
        var rule = PatternIndex.Rule(conditions)
        if let source { rule.requirements.append(.text(inAnyCase: source, at: ["system"])) }
        if let exactSource { rule.requirements.append(.text(exactSource, at: ["source"])) }
        if !events.isEmpty { rule.requirements.append(.globs(events, at: [["type"], ["guildevent"]])) }
        return rule
    }
}

extension RouteRule.Endpoint {
    /// Whether the event came by it.
    func takes(_ event: Event) -> Bool { event.attributes.endpoint.map { $0 == name } ?? isDefault }
}

// MARK: - The rules of a snapshot

extension RouteRule {
    fileprivate static func triggers(of snapshot: CodexSnapshot) -> [RouteRule] {
        snapshot.agentsByName.flatMap { agent in
            agent.triggers.enumerated().compactMap { index, trigger in
                RouteRule(trigger, index: index, of: agent)
            }
        }
    }

    fileprivate static func routing(of snapshot: CodexSnapshot) -> [RouteRule] {
        snapshot.routing.flatMap { policy -> [RouteRule] in
            let layers = policy.layers.filter { $0.kind == .rules }.sorted { $0.priority < $1.priority }
            return layers.flatMap(\.rules).enumerated().flatMap { index, rule -> [RouteRule] in
                rule.agents.compactMap { name -> RouteRule? in
                    guard let agent = snapshot.agent(name) else { return nil }
                    return RouteRule(
                        name: "routing/\(policy.name)#\(index)", agent: agent.name, source: rule.source,
                        events: rule.events, conditions: rule.conditions, priority: rule.priority)
                }
            }
        }
    }

    fileprivate static func mappings(of snapshot: CodexSnapshot) -> [RouteRule] {
        snapshot.endpoints.flatMap { endpoint in
            endpoint.eventMapping.enumerated().compactMap { index, mapping in
                guard let agent = mapping.targetAgent.flatMap(snapshot.agent) else { return nil }
                var rule = RouteRule(
                    name: "ingress/\(endpoint.system)/\(endpoint.name)#\(index)", agent: agent.name,
                    source: endpoint.system, events: mapping.sourceEvent.map { [$0] } ?? [],
                    conditions: mapping.conditions, priority: mapping.priority)
                rule.endpoint = Endpoint(
                    name: endpoint.name,
                    isDefault: snapshot.endpoint(system: endpoint.system, name: nil)?.name == endpoint.name)
                return rule
            }
        }
    }
}
