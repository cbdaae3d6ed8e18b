import GuildCitadel
import GuildCodex
import GuildDomain

/// What another commit would change in what agents are, may do, may spend, and are woken by: in words, for a review.
///
/// Both commits are written out as facts, and the facts are compared: a moved line, a comment or a reordered key is then
/// no change, and a changed default shows at every agent that it holds for.
struct CodexPlan: Sendable {
    enum Section: String, Sendable, CaseIterable {
        case agents, tools, permissions, budgets, schedules, routes, models, connections, policies
    }

    enum Kind: String, Sendable { case added, removed, changed }

    /// Which way a change goes for what may be done or spent.
    enum Effect: String, Sendable { case widens, narrows, neutral }

    struct Change: Sendable {
        let section: Section
        /// `agent clerk`, `chapter payments`.
        let subject: String
        /// `github.create_comment`, `tokenBudget.perDay`.
        let what: String
        let kind: Kind
        let before: String?
        let after: String?
        let effect: Effect
    }

    let changes: [Change]

    init(from old: CodexSnapshot, to new: CodexSnapshot) {
        let (before, after) = (PlanFacts(old).facts, PlanFacts(new).facts)
        var changes: [Change] = []
        for (key, fact) in after where before[key]?.value != fact.value {
            changes.append(Self.change(key, before[key], fact))
        }
        for (key, fact) in before where after[key] == nil { changes.append(Self.change(key, fact, nil)) }
        let order = Dictionary(uniqueKeysWithValues: Section.allCases.enumerated().map { ($1, $0) })
        self.changes = changes.sorted {
            ((order[$0.section] ?? 0), $0.subject, $0.what) < ((order[$1.section] ?? 0), $1.subject, $1.what)
        }
    }

    private static func change(_ key: PlanFacts.Key, _ before: PlanFacts.Fact?, _ after: PlanFacts.Fact?) -> Change {
        let kind: Kind = before == nil ? .added : after == nil ? .removed : .changed
        let fact = after ?? before
        let (old, new) = (before?.rank ?? fact?.absentRank, after?.rank ?? fact?.absentRank)
        var effect = Effect.neutral
        if let old, let new, old != new { effect = new > old ? .widens : .narrows }
        return Change(
            section: key.section, subject: key.subject, what: key.what, kind: kind, before: before?.shown,
            after: after?.shown, effect: effect)
    }
}

/// A commit as facts that can be compared.
struct PlanFacts {
    struct Key: Hashable {
        let section: CodexPlan.Section
        let subject: String
        let what: String
    }

    struct Fact {
        /// What is compared.
        let value: String
        let shown: String
        /// Higher allows more; nil where that can't be said.
        var rank: Int64?
        /// The rank where the fact is not there at all.
        var absentRank: Int64?
    }

    private(set) var facts: [Key: Fact] = [:]
    private let snapshot: CodexSnapshot

    init(_ snapshot: CodexSnapshot) {
        self.snapshot = snapshot
        for agent in snapshot.agentsByName { add(agent) }
        addGuild()
        for chapter in snapshot.chapters.values { add(chapter) }
        addRoutes()
        addModels()
        for policy in snapshot.safetyPolicies { add(policy) }
        addWholeManifests()
    }

    private mutating func say(
        _ section: CodexPlan.Section, _ subject: String, _ what: String, _ value: String?, shown: String? = nil,
        rank: Int64? = nil, absentRank: Int64? = nil
    ) {
        guard let value, !value.isEmpty else { return }
        facts[Key(section: section, subject: subject, what: what)] = Fact(
            value: value, shown: shown ?? value, rank: rank, absentRank: absentRank)
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
        say(.agents, subject, "context", agent.context.map { "\($0)" }.joined(separator: "; "))
        say(
            .agents, subject, "output schema",
            agent.outputSchema.map { "\($0) \(snapshot.file($0).map { String(decoding: $0, as: UTF8.self) } ?? "")" },
            shown: agent.outputSchema)
        let requires = agent.dependencies.requires.map(\.version.description)
        say(.agents, subject, "requires", requires.joined(separator: ", "))
        say(.agents, subject, "notifies", agent.dependencies.notifies.joined(separator: ", "))
        addTools(agent, subject)
        addSafety(agent, subject)
        for limit in AgentResult.limits(of: agent, in: snapshot) {
            say(
                .budgets, subject, limit.name, String(limit.value),
                shown: limit.unit == "tokens" ? "\(limit.shown) tokens" : limit.shown,
                rank: limit.value, absentRank: .max)
        }
        for trigger in agent.triggers {
            if let cron = trigger.cron {
                let catchUp = "catch up \(cron.catchUp.policy.rawValue) within \(cron.catchUp.window)"
                let details = "\(cron.overlap.rawValue) on overlap, \(catchUp)"
                let people = cron.perPerson ? ", for each person" : ""
                let intent = cron.intent.map { ", intent \($0)" } ?? ""
                say(
                    .schedules, subject, cron.name,
                    "\(cron.expression) in \(cron.timezone), \(details), dst \(cron.dst), jitter \(cron.jitter)"
                        + people + intent)
            } else {
                let debounce = trigger.debounce.map {
                    ", once in \($0.window) for each \($0.key ?? "subject"), after \($0.maxWait) at the latest"
                }
                say(.routes, subject, trigger.text, "woken" + (debounce ?? ""))
            }
        }
    }

    /// What the agent may do with each operation there is, and each pattern for tools that are not known here.
    private mutating func addTools(_ agent: AgentManifest, _ subject: String) {
        let names = CodexAccess.catalogue.operations.map(\.name)
        for name in names {
            guard let rule = agent.rule(forTool: name), rule.autonomy != .deny else { continue }
            allow(name, rule.autonomy, subject)
        }
        for rule in agent.tools where !names.contains(where: { rule.glob.matches($0) }) && rule.autonomy != .deny {
            allow(rule.pattern, rule.autonomy, subject)
        }
    }

    private mutating func allow(_ tool: String, _ autonomy: Autonomy, _ subject: String) {
        say(
            .tools, subject, tool, String(autonomy.rawValue), shown: "\(autonomy.rawValue), \(autonomy.meaning)",
            rank: Int64(autonomy.rawValue), absentRank: 0)
    }

    private mutating func addSafety(_ agent: AgentManifest, _ subject: String) {
        let safety = agent.safety
        for (name, value) in [
            ("canEscalateToHuman", safety.canEscalateToHuman), ("canModifyJira", safety.canModifyJira),
            ("canSendDirectMessages", safety.canSendDirectMessages),
        ] {
            say(.permissions, subject, name, value.map { $0 ? "yes" : "no" }, rank: value.map { $0 ? 1 : 0 })
        }
        say(
            .permissions, subject, "maxDMsPerDay", safety.maxDirectMessagesPerDay.map { "\($0)" },
            rank: safety.maxDirectMessagesPerDay.map { Int64($0) })
    }
}

// MARK: - The rest

extension PlanFacts {
    private mutating func tokens(_ subject: String, _ name: String, _ value: Int64?) {
        say(
            .budgets, subject, name, value.map { String($0) }, shown: value.map { "\(Amount.grouped($0)) tokens" },
            rank: value, absentRank: .max)
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
                rank: value, absentRank: .max)
        }
    }

    private mutating func addGuild() {
        let guild = snapshot.guild
        let subject = "guild \(guild.name)"
        tokens(subject, "manaPool.perDay", guild.manaPool.perDay)
        tokens(subject, "manaPool.perMonth", guild.manaPool.perMonth)
        say(.budgets, subject, "reserve.perDay", guild.reserve.perDay.map { String($0) })
        say(.budgets, subject, "reserve.perMonth", guild.reserve.perMonth.map { String($0) })
        budgets(subject, TokenBudget(), guild.costBudget)
        let alerts = guild.alerts
        say(.budgets, subject, "alerts", "\(alerts.yellow)%, \(alerts.orange)%, \(alerts.red)%")
        say(.schedules, subject, "timezone", guild.timezone)
        for token in guild.apiTokens {
            let scopes = token.scopes.map(\.rawValue).sorted().joined(separator: ", ")
            say(
                .permissions, subject, "API token \(token.name)", "\(scopes) \(token.secret)",
                shown: scopes.isEmpty ? "no scope" : "may \(scopes)", rank: Int64(token.scopes.count), absentRank: 0)
        }
        let settings = snapshot.settings
        say(.policies, subject, "retries", "\(settings.retryLimit.value), from \(settings.retryBase.value)")
        say(
            .policies, subject, "hopLimit", "\(settings.hopLimit.value)", rank: Int64(settings.hopLimit.value))
        say(.budgets, subject, "rootTokens", "\(settings.rootTokens.value)", rank: settings.rootTokens.value)
        say(.budgets, subject, "replyLimit", "\(settings.replyLimit.value)", rank: settings.replyLimit.value)
    }

    private mutating func add(_ chapter: ChapterManifest) {
        let subject = "chapter \(chapter.name)"
        say(.agents, subject, "", chapter.name, shown: "\(chapter.members.count) members")
        budgets(subject, chapter.tokenBudget, chapter.costBudget)
        say(.budgets, subject, "guaranteedShare", chapter.guaranteedShare.map { "\($0)" })
        say(.permissions, subject, "master", chapter.master)
        say(.connections, subject, "notify", chapter.notify)
        for member in chapter.members {
            let rights = member.rights.map(\.rawValue).sorted()
            say(
                .permissions, subject, "member \(member.id)",
                rights.isEmpty ? "reads along" : "may " + rights.joined(separator: ", "), rank: Int64(rights.count),
                absentRank: 0)
        }
    }

    private mutating func addRoutes() {
        for policy in snapshot.routing {
            for rule in policy.rules {
                var parts =
                    rule.events.isEmpty ? ["any event"] : [rule.events.map(\.description).joined(separator: ", ")]
                if let source = rule.source { parts.append("from \(source)") }
                if let conditions = rule.conditions { parts.append("if " + conditions.text) }
                if let priority = rule.priority { parts.append(priority.name) }
                say(
                    .routes, "routing \(policy.name)", parts.joined(separator: "  "),
                    rule.agents.sorted().joined(separator: ", "),
                    shown: "to " + rule.agents.sorted().joined(separator: ", "))
            }
        }
        for endpoint in snapshot.endpoints {
            let subject = "endpoint \(endpoint.system)/\(endpoint.name)"
            say(
                .routes, subject, "", endpoint.authentication.scheme.rawValue,
                shown: "authenticated by \(endpoint.authentication.scheme.rawValue)")
            say(.routes, subject, "chapter", endpoint.chapter)
            say(
                .permissions, subject, "secrets",
                endpoint.authentication.secrets.map { "\($0)" }.joined(separator: ", "),
                shown: "\(endpoint.authentication.secrets.count) that sign")
            if let rate = endpoint.rateLimit {
                say(
                    .routes, subject, "rate_limit", "\(rate.requestsPerMinute) \(rate.burst ?? 0)",
                    shown: "\(rate.requestsPerMinute) a minute" + (rate.burst.map { ", \($0) at once" } ?? ""),
                    rank: Int64(rate.requestsPerMinute), absentRank: .max)
            }
            for mapping in endpoint.eventMapping {
                guard let target = mapping.targetAgent else { continue }
                let event = mapping.sourceEvent?.description ?? "any event"
                let condition = mapping.conditions.map { " if " + $0.text } ?? ""
                say(.routes, subject, event + condition, target, shown: "to \(target)")
            }
        }
        for connector in snapshot.connectors {
            let subject = "connector \(connector.name)"
            say(.connections, subject, "", connector.system, shown: "to \(connector.system)")
            say(.connections, subject, "base_url", connector.connection.baseURL)
            say(.connections, subject, "identity", connector.connection.identity)
            say(.permissions, subject, "scopes.read", connector.scopes.read.sorted().joined(separator: ", "))
            say(.permissions, subject, "scopes.write", connector.scopes.write.sorted().joined(separator: ", "))
            say(.permissions, subject, "assigned_agents", connector.assignedAgents.sorted().joined(separator: ", "))
        }
    }

    private mutating func addModels() {
        for provider in snapshot.providers {
            let subject = "model \(provider.name)"
            say(.models, subject, "", "\(provider.vendor.rawValue)/\(provider.model)")
            say(.models, subject, "base_url", provider.baseURL)
            say(.models, subject, "prices", provider.prices.map { "\($0)" })
            say(.models, subject, "priority", "\(provider.priority)")
            say(.models, subject, "capabilities", provider.capabilities.sorted().joined(separator: ", "))
            say(
                .models, subject, "max_output_tokens", provider.maxOutputTokens.map { "\($0)" },
                rank: provider.maxOutputTokens)
        }
        say(.models, "models", "fallback_chain", snapshot.fallbackChain.joined(separator: ", "))
    }

    private mutating func add(_ policy: SafetyPolicy) {
        let subject = "policy \(policy.name)"
        for freeze in policy.freezes {
            let days = SafetyPolicy.Weekday.allCases.filter { freeze.when.days.contains($0) }.map(\.rawValue)
            let hours = "\(freeze.when.from.map { "\($0)" } ?? "00:00") to \(freeze.when.to.map { "\($0)" } ?? "24:00")"
            let tools = freeze.tools.map(\.description).joined(separator: ", ")
            say(
                .permissions, subject, "freeze of \(tools)",
                "\(days.isEmpty ? "every day" : days.joined(separator: ", ")), \(hours) in \(freeze.when.timezone)",
                rank: 0, absentRank: 1)
        }
        for approval in policy.approvals {
            let tools = approval.tools.map(\.description).joined(separator: ", ")
            let condition = approval.conditions.map { " if " + $0.text } ?? ""
            say(.permissions, subject, tools + condition, "needs a person", rank: 0, absentRank: 1)
        }
        say(.permissions, subject, "ignore_senders", policy.ignoreSenders.sorted().joined(separator: ", "))
    }

    /// Kinds that are compared by the file they stand in.
    private mutating func addWholeManifests() {
        let kinds: [(String, [any Manifest])] = [
            ("rate limits", snapshot.rateLimits), ("scheduling", snapshot.scheduling), ("privacy", snapshot.privacy),
            ("feed", snapshot.feeds), ("notifications", snapshot.notifications), ("swarm", snapshot.swarms),
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
