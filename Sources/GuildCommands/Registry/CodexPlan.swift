import GuildCodex

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
    enum Effect: String, Sendable {
        case widens, narrows, neutral

        var opposite: Effect {
            switch self {
            case .widens: .narrows
            case .narrows: .widens
            case .neutral: .neutral
            }
        }
    }

    struct Change: Sendable {
        let section: Section
        /// `agent clerk`, `chapter payments`.
        let subject: String
        /// `SYSTEM.create_comment`, `tokenBudget.perDay`.
        let what: String
        let kind: Kind
        let before: String?
        let after: String?
        var effect: Effect
    }

    let changes: [Change]

    init(from old: CodexSnapshot, to new: CodexSnapshot) {
        let (before, after) = (PlanFacts(old).facts, PlanFacts(new).facts)
        var changes: [Change] = []
        for (key, fact) in after where before[key]?.value != fact.value {
            var change = Self.change(
                key, before[key], fact, isNew: after[key.whole] != nil && before[key.whole] == nil)
            change.effect = Self.effect(of: fact.reach, against: before) ?? change.effect
            changes.append(change)
        }
        for (key, fact) in before where after[key] == nil {
            // Of an agent that goes, it is said that it goes, and what it is not woken by any more.
            let isGone = key.subject.hasPrefix("agent ") && after[key.whole] == nil
            if isGone, key != key.whole, key.section != .schedules, key.section != .routes { continue }
            var change = Self.change(key, fact, nil)
            change.effect = Self.effect(of: fact.reach, against: after).map(\.opposite) ?? change.effect
            changes.append(change)
        }
        let order = Dictionary(uniqueKeysWithValues: Section.allCases.enumerated().map { ($1, $0) })
        self.changes = changes.sorted {
            ((order[$0.section] ?? 0), $0.subject, $0.what) < ((order[$1.section] ?? 0), $1.subject, $1.what)
        }
    }

    /// What it means that a rule is there and others are not; nil of what is no rule about events or writes.
    private static func effect(of reach: PlanReach?, against others: [PlanFacts.Key: PlanFacts.Fact]) -> Effect? {
        guard let reach else { return nil }
        let isCovered = others.values.contains { $0.reach?.covers(reach) ?? false }
        return isCovered ? .neutral : reach.isHold ? .narrows : .widens
    }

    /// - Parameter isNew: the subject was not there at all.
    private static func change(
        _ key: PlanFacts.Key, _ before: PlanFacts.Fact?, _ after: PlanFacts.Fact?, isNew: Bool = false
    ) -> Change {
        let kind: Kind = before == nil ? .added : after == nil ? .removed : .changed
        let fact = after ?? before
        let absent = fact.flatMap { fact in fact.absentRank.map { rank in fact.ranks.map { _ in rank } } } ?? []
        let (old, new) = (before?.ranks ?? absent, after?.ranks ?? absent)
        var effect = Effect.neutral
        if old.count == new.count, old != new { effect = zip(old, new).contains(where: <) ? .widens : .narrows }
        // Where a secret comes from or goes to is new to whoever trusted the old.
        if after?.isTrust == true || before?.isTrust == true && key.what == "base_url" { effect = .widens }
        // Whoever had no budget because there was nobody does not get less by getting one.
        if isNew, key.section == .budgets { effect = .neutral }
        if after == nil, key == key.whole { effect = .narrows }
        return Change(
            section: key.section, subject: key.subject, what: key.what, kind: kind, before: before?.shown,
            after: after?.shown, effect: effect)
    }
}
