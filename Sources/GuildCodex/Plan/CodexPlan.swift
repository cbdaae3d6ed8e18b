package import GuildDomain

/// The difference between two commits in agents, their permissions, budgets and triggers: in words, for a review.
///
/// Both commits are written out as facts, and the facts are compared: a moved line, a comment or a reordered key is
/// then no change, and a changed default shows at every agent that it affects.
package struct CodexPlan: Sendable {
    /// The section of the plan that a change is listed in.
    package enum Section: String, Sendable, CaseIterable {
        case agents, tools, permissions, budgets, schedules, routes, models, connections, policies
    }

    /// Whether a fact is new, gone, or has another value.
    package enum Kind: String, Sendable { case added, removed, changed }

    /// The direction of a change in permissions or spending.
    package enum Effect: String, Sendable {
        case widens, narrows, neutral

        var opposite: Effect {
            switch self {
            case .widens: .narrows
            case .narrows: .widens
            case .neutral: .neutral
            }
        }
    }

    /// A fact that differs between the two commits.
    package struct Change: Sendable {
        /// The section that lists it.
        package let section: Section
        /// `agent clerk`, `chapter payments`.
        package let subject: String
        /// `SYSTEM.create_comment`, `tokenBudget.perDay`.
        package let what: String
        package let kind: Kind
        /// The value in the old commit, as people read it; nil if it is added.
        package let before: String?
        /// The value in the new commit, as people read it; nil if it is removed.
        package let after: String?
        package internal(set) var effect: Effect
    }

    /// The changes, in the order of their sections.
    package let changes: [Change]

    /// - Parameter operations: every operation of this build, each of which a tool rule may allow.
    package init(from old: CodexSnapshot, to new: CodexSnapshot, operations: [Operation]) {
        let before = PlanFacts(old, operations: operations).facts
        let after = PlanFacts(new, operations: operations).facts
        var changes: [Change] = []
        for (key, fact) in after where before[key]?.value != fact.value {
            var change = Self.change(
                key, before[key], fact, isNew: after[key.whole] != nil && before[key.whole] == nil)
            change.effect = Self.effect(of: fact.reach, against: before) ?? change.effect
            changes.append(change)
        }
        for (key, fact) in before where after[key] == nil {
            // A removed agent is listed as removed, together with its triggers.
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

    /// The effect of adding a rule beside the others; nil for facts that are not rules about events or writes.
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
        let absent = fact?.order.absentRanks ?? []
        let old = before?.order.ranks ?? absent
        let new = after?.order.ranks ?? absent
        var effect = Effect.neutral
        if old.count == new.count, old != new { effect = zip(old, new).contains(where: <) ? .widens : .narrows }
        // A new source or destination of a secret is new to the operator who trusted the old one.
        if after?.order.isTrust == true || before?.order.isTrust == true && key.what == "base_url" { effect = .widens }
        // A new agent's first budget is not a reduction.
        if isNew, key.section == .budgets { effect = .neutral }
        if after == nil, key == key.whole { effect = .narrows }
        return Change(
            section: key.section, subject: key.subject, what: key.what, kind: kind, before: before?.shown,
            after: after?.shown, effect: effect)
    }
}
