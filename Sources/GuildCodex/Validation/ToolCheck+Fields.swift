import GuildDomain

extension ToolCheck {
    /// A field of an approval must be one that some write of the rule's tools carries: a misspelt one would never hold.
    func checkField(_ reference: Reference, of patterns: [String]) {
        guard let writes = writes(of: patterns) else { return }
        let fields = writes.flatMap(\.fields)
        guard !fields.contains(where: { $0.names.contains(reference.name) }) else { return }
        report(reference, "field", Set(fields.map(\.name)), patterns)
    }

    /// A condition must look at an argument or a field that some write of the rule's tools carries, and want what that is.
    func checkCondition(_ reference: Reference, of patterns: [String], _ wanted: EventPattern.LeafKind?) {
        guard let writes = writes(of: patterns) else { return }
        let arguments = writes.map { $0.schema["properties"]?.object?.members.map(\.key) }
        // Arguments that no schema names may be called anything.
        guard !arguments.contains(nil) else { return }
        let names = Set(writes.flatMap { $0.fields.flatMap(\.names) } + arguments.flatMap { $0 ?? [] })
        guard names.contains(reference.name) else { return report(reference, "field or argument", names, patterns) }
        let held = Set(writes.flatMap { kinds(of: reference.name, in: $0) })
        guard let wanted, held.count == 1, let kind = held.first ?? nil, kind != wanted else { return }
        let what = kind == .number ? "number" : "text"
        findings.add(
            Problem(
                .error, at: reference.location, path: reference.path,
                found: "a condition that never holds: \(quoted(reference.name)) is a \(what)",
                expected: kind == .number ? "numbers, without quotes" : "texts, in quotes"))
    }

    /// What the arguments that a write has under a name hold; nil for what is neither a text nor a number.
    private func kinds(of name: String, in write: Operation) -> [EventPattern.LeafKind?] {
        let arguments = write.fields.filter { $0.names.contains(name) }.map { $0.argument ?? "" }
        return Set(arguments + [name]).compactMap { argument -> EventPattern.LeafKind?? in
            // What is taken from texts, as mentions are, is text.
            if argument.isEmpty { return .some(.text) }
            guard let property = write.schema["properties"]?[argument] else { return nil }
            switch (property["items"] ?? property)["type"]?.string {
            case "string": return .some(.text)
            case "integer", "number": return .some(.number)
            default: return .some(nil)
            }
        }
    }

    private func report(_ reference: Reference, _ what: String, _ names: Set<String>, _ patterns: [String]) {
        let who = patterns.isEmpty ? "no write" : "no write of \(patterns.joined(separator: ", "))"
        findings.report(
            reference, "\(who) has the \(what) \(quoted(reference.name))", nearestOf: names.sorted(),
            expected: names.isEmpty ? nil : "one of " + names.sorted().joined(separator: ", "))
    }

    /// The writes that the patterns match, all where there are no patterns; nil if a pattern is of a system that is only
    /// promised, or matches nothing, which is reported at its own place.
    private func writes(of patterns: [String]) -> [Operation]? {
        let writes = catalogue.operations.filter { $0.effect == .write }
        guard !patterns.isEmpty else { return writes }
        let globs = patterns.map { Glob($0) }
        let isKnown = globs.allSatisfy { glob in catalogue.operations.contains { glob.matches($0.name) } }
        return isKnown ? writes.filter { write in globs.contains { $0.matches(write.name) } } : nil
    }
}
