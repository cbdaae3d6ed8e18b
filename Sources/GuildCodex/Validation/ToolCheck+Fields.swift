import GuildDomain

extension ToolCheck {
    /// A field of an approval must be one that some write of the rule's tools carries: a misspelt one would never hold.
    func checkField(_ reference: Reference, of patterns: [String]) {
        guard let writes = writes(of: patterns) else { return }
        let fields = writes.flatMap(\.fields)
        guard !fields.contains(where: { $0.names.contains(reference.name) }) else { return }
        report(reference, "field", Set(fields.map(\.name)), patterns)
    }

    /// A condition must test an argument or a field that some write of the rule carries, with a value that its type can
    /// have: a condition that never holds lets everything through.
    func checkCondition(_ reference: Reference, _ field: EventPattern.Field, of rule: Reference.ApprovedWrites) {
        guard let writes = described(rule) else { return }
        let values = writes.flatMap { ConditionValue.all(named: reference.name, in: $0) }
        guard let first = values.first else {
            return report(
                reference, "field or argument", Set(writes.flatMap(ConditionValue.names)), rule.tools, rule.fields)
        }
        if field.path.count > 1 {
            guard values.allSatisfy(\.isScalar) else { return }
            return findings.report(
                reference, "\(quoted(field.path.dropFirst().joined(separator: "."))) within \(quoted(reference.name))",
                expected: "a list of values: it is \(first.description)")
        }
        for objection in values.objections(to: field.tests, of: reference.name) {
            findings.add(
                Problem(
                    .error, at: reference.location, path: reference.path, found: objection.found,
                    expected: objection.expected, suggestion: objection.suggestion))
        }
    }

    /// All names that a condition tests must occur in one call.
    func checkConditions(_ reference: Reference, _ fields: [EventPattern.Field], of rule: Reference.ApprovedWrites) {
        guard let writes = described(rule) else { return }
        let names = Set(fields.filter { !$0.wantsAbsence }.compactMap(\.path.first))
        // A name that no write has is reported separately.
        guard names.allSatisfy({ name in writes.contains { !ConditionValue.all(named: name, in: $0).isEmpty } }),
            !writes.contains(where: { write in
                names.allSatisfy { !ConditionValue.all(named: $0, in: write).isEmpty }
            })
        else { return }
        findings.report(
            reference, "no write has all of \(names.sorted().joined(separator: ", "))",
            expected: "a rule for each")
    }

    /// The writes that a rule covers; nil if these, or the fields of one of them, are unknown.
    private func described(_ rule: Reference.ApprovedWrites) -> [Operation]? {
        let carrying = writes(of: rule.tools)?.filter { write in
            rule.fields.isEmpty || write.fields.contains { !$0.names.filter(rule.fields.contains).isEmpty }
        }
        // Fields that no write has are reported at their own place.
        guard let carrying, !carrying.isEmpty,
            !carrying.contains(where: { $0.schema["properties"]?.object == nil })
        else { return nil }
        return carrying
    }

    private func report(
        _ reference: Reference, _ what: String, _ names: Set<String>, _ patterns: [String], _ fields: [String] = []
    ) {
        var who = patterns.isEmpty ? "no write" : "no write of \(patterns.joined(separator: ", "))"
        if !fields.isEmpty { who += " with \(fields.joined(separator: " or "))" }
        findings.report(
            reference, "\(who) has the \(what) \(quoted(reference.name))", nearestOf: names.sorted(),
            expected: names.isEmpty ? nil : "one of " + names.sorted().joined(separator: ", "))
    }

    /// The writes that the patterns match, or all if there are no patterns; nil if a pattern belongs to a system that
    /// is only announced, or matches nothing, which is reported at its own place.
    private func writes(of patterns: [String]) -> [Operation]? {
        let writes = catalogue.operations.filter { $0.effect == .write }
        guard !patterns.isEmpty else { return writes }
        let globs = patterns.map { Glob($0) }
        let isKnown = globs.allSatisfy { glob in catalogue.operations.contains { glob.matches($0.name) } }
        return isKnown ? writes.filter { write in globs.contains { $0.matches(write.name) } } : nil
    }
}
