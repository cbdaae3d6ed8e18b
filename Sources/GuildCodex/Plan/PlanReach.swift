import GuildDomain

/// The events or writes that a rule covers, so that two rules can be compared whatever their names and places.
struct PlanReach: Hashable {
    enum Purpose: Hashable {
        /// Calls these agents: wider allows more.
        case calls(agents: Set<String>)
        /// Makes writes wait for a person that carry one of these fields, any if there is none: wider allows less.
        case holds(fields: Set<String>)
    }

    let purpose: Purpose
    /// The system of the events; nil is any.
    let source: String?
    /// Names of events or of tools; none is any.
    let names: [Glob]
    /// Nil always holds.
    let conditions: EventPattern?

    init(_ purpose: Purpose, source: String? = nil, events: [Glob] = [], conditions: EventPattern? = nil) {
        self.purpose = purpose
        self.source = source?.lowercased()
        names = events
        self.conditions = conditions
    }

    var isHold: Bool { if case .holds = purpose { true } else { false } }

    /// Whether this certainly covers everything that the other covers. It ignores cases that only a look at the values
    /// could decide.
    func covers(_ other: PlanReach) -> Bool {
        switch (purpose, other.purpose) {
        case (.calls(let mine), .calls(let theirs)): guard mine.isSuperset(of: theirs) else { return false }
        case (.holds(let mine), .holds(let theirs)):
            guard mine.isEmpty || !theirs.isEmpty && mine.isSuperset(of: theirs) else { return false }
        default: return false
        }
        guard source == nil || source == other.source else { return false }
        guard names.isEmpty || !other.names.isEmpty && other.names.allSatisfy(isNamed) else { return false }
        return conditions.map { $0.isImplied(by: other.conditions) } ?? true
    }

    /// A glob that matches another glob's text matches everything that the other one matches.
    private func isNamed(_ name: Glob) -> Bool { names.contains { $0.matches(name.description) } }
}

extension EventPattern {
    /// Whether this certainly holds whenever the other does: each of its alternatives requires everything that one of
    /// ours requires.
    fileprivate func isImplied(by other: EventPattern?) -> Bool {
        guard let other else { return false }
        return other.alternatives.allSatisfy { narrow in
            alternatives.contains { wide in
                wide.fields.allSatisfy { field in
                    narrow.fields.contains { asked in
                        asked.path == field.path && asked.wantsAbsence == field.wantsAbsence
                            && asked.tests.allSatisfy(field.tests.contains)
                    }
                }
            }
        }
    }
}
