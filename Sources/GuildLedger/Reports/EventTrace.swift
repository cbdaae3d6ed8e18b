package import GuildDomain

/// All that happened because of one event.
package struct EventTrace: Sendable {
    /// A decision about the event for one rule and agent.
    package struct DecisionRow: Sendable {
        package let rule: String
        package let agent: String
        /// Counts from 0 for one rule and agent: a pending decision is followed by the next revision.
        package let revision: Int
        package let outcome: String
        /// Whether no further revision follows.
        package let isFinal: Bool
        /// When a pending one is decided again, or a rejected one may be sent again.
        package let until: Timestamp?
        /// The checks and their results, in the order tried.
        package let reasons: [String]
        /// Its own, or the one that it joined.
        package let invocation: InvocationID?
        /// The commit of the codex that the decision was made with.
        package let commit: String
        package let at: Timestamp
    }

    /// An invocation with its journal and its actions.
    package struct InvocationRow: Sendable {
        package let invocation: Invocation
        package let turns: [JournalledTurn]
        package var actions: [ActionRow]
        /// The calls, turns and actions that cannot be read and are left out, for people.
        package var damage: [String]
    }

    /// An action with its tries and its approval.
    package struct ActionRow: Sendable {
        package let action: Action
        package let attempts: [(attempt: Int, startedAt: Timestamp, endedAt: Timestamp?, outcome: String?)]
        package let approval: (decision: String, actor: String, reason: String?, at: Timestamp)?
        /// The cap that it waits at; looked up by the code that shows it.
        package var standing: CapStanding?
    }

    package let event: Event
    package let receivedAt: Timestamp
    /// When everything that the event, the models and the tools said was erased; nil if it was not.
    package let erasedAt: Timestamp?
    /// Whether that was erased.
    package var isErased: Bool { erasedAt != nil }
    package let decisions: [DecisionRow]
    package var invocations: [InvocationRow]
    /// The traces of the events that this one caused.
    package var effects: [EventTrace]
    /// Other parts that cannot be read and are left out, for people.
    package var damage: [String]

    /// All that cannot be read, of caused events too, for people.
    package var allDamage: [String] {
        damage + invocations.flatMap { $0.damage + $0.turns.compactMap(\.damage) } + effects.flatMap(\.allDamage)
    }

    /// All actions, those of caused events too.
    package var allActions: [Action] {
        invocations.flatMap { $0.actions.map(\.action) } + effects.flatMap(\.allActions)
    }

    /// Whether nothing that the event set going is left to do without a person. A run of another event that it joined
    /// does not count.
    package var isQuiet: Bool {
        var newest: [String: DecisionRow] = [:]
        for decision in decisions { newest["\(decision.rule) \(decision.agent)"] = decision }
        let work = invocations.flatMap(\.actions).map(\.action.state)
        return !newest.isEmpty && newest.values.allSatisfy(\.isFinal)
            && invocations.allSatisfy(\.invocation.isSettled) && !work.contains(.queued) && !work.contains(.running)
            && effects.allSatisfy(\.isQuiet)
    }

    /// The same, showing these caps at the actions that wait there.
    package func showing(_ standings: [ActionID: CapStanding]) -> EventTrace {
        var copy = self
        for row in copy.invocations.indices {
            for index in copy.invocations[row].actions.indices {
                let action = copy.invocations[row].actions[index].action
                copy.invocations[row].actions[index].standing = standings[action.id]
            }
        }
        copy.effects = effects.map { $0.showing(standings) }
        return copy
    }
}
