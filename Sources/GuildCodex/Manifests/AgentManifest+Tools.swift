package import GuildDomain

/// The manifest's decision on one call of a tool.
package enum ToolRuling: Sendable, Hashable {
    case rule(ToolRule)
    /// No rule that applies there allows it; the reason is for the model and for readers of the run.
    case refused(String)
}

extension AgentManifest {
    /// The rules whose patterns match a tool, in order, up to the one that holds everywhere.
    package func rules(for operation: Operation) -> [ToolRule] {
        let matching = tools.filter { $0.glob.matches(operation.name) }
        let last = matching.firstIndex { $0.scope == .any || operation.reach == .everywhere }
        return last.map { Array(matching[...$0]) } ?? matching
    }

    /// Whether some rule allows the tool somewhere, so that the model is offered it.
    package func allows(_ operation: Operation) -> Bool { rules(for: operation).contains { $0.autonomy > .deny } }

    /// The rule that decides a call: the first whose pattern and whose `on:` match.
    ///
    /// If the arguments do not show whether a rule applies there, no later rule is tried, because a later one could
    /// allow more.
    package func ruling(on operation: Operation, arguments: JSONValue, of run: RunPlace) -> ToolRuling {
        let rules = rules(for: operation)
        if operation.reach == .everywhere {
            return rules.first.map { .rule($0) } ?? .refused("no rule allows \(operation.name)")
        }
        let place: OperationReach.Place?
        do throws(OperationReach.Misplaced) {
            place = try operation.reach.place(of: arguments)
        } catch {
            return .refused("wrong arguments: \(error.reason)")
        }
        for rule in rules {
            let verdict = rule.scope.verdict(
                on: place, system: operation.connector, form: operation.reach.form, of: run)
            switch verdict {
            case .yes: return .rule(rule)
            case .no: continue
            case .unknown(let reason):
                return .refused(
                    "\(operation.name): the rule '\(rule.pattern)' holds only \(rule.scope.text), and \(reason)")
            }
        }
        return .refused(Self.refusal(of: operation, at: place, rules, run))
    }

    private static func refusal(
        of operation: Operation, at place: OperationReach.Place?, _ rules: [ToolRule], _ run: RunPlace
    ) -> String {
        let system = operation.connector
        let target = place.map { " on \($0.container)" } ?? ""
        let allowed = rules.filter { $0.autonomy > .deny }.map(\.scope.text)
        let scopes = allowed.isEmpty ? "nowhere" : "only " + allowed.joined(separator: ", or ")
        guard run.containers(in: system).isEmpty else {
            return
                "\(operation.name)\(target) is out of reach: you were called in \(run.text), and your manifest allows "
                + "it \(scopes)"
        }
        let form = operation.reach.form?.shown ?? "PLACE"
        return
            "\(operation.name)\(target) is out of reach: your manifest allows it \(scopes), and what called you names "
            + "no \(form) of \(system); a person can name one: `on: [\(form)]` in the manifest or the cron trigger, or "
            + "`guild run --on \(system):\(form)`"
    }
}
