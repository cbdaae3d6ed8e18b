import GuildCitadel
import GuildCodex
import GuildDomain

/// The permissions of each tool rule of a codex, and where they apply.
struct ToolGrants {
    /// Rules that are listed; a large codex has thousands.
    private static let listedRules = 200
    /// Tools that a rule's line names.
    private static let namedTools = 4

    private let snapshot: CodexSnapshot

    init(_ snapshot: CodexSnapshot) { self.snapshot = snapshot }

    func lines(_ style: Style) -> [String] {
        let rules = snapshot.agentsByName.flatMap { agent in agent.tools.map { (agent.name, $0) } }
        guard !rules.isEmpty else { return [] }
        let table = TextTable(
            ["AGENT", "RULE", "MAY", "WHERE", "TOOLS"],
            rules.prefix(Self.listedRules).map { agent, rule in
                [
                    agent, rule.pattern, "\(rule.autonomy.rawValue) \(rule.autonomy.meaning)", rule.place,
                    Self.tools(of: rule),
                ]
            })
        let left = rules.count - Self.listedRules
        let rest = left > 0 ? ["and \(left) more rules; see `guild registry show AGENT`"] : []
        return [table.text(style, showsHeadings: true)] + rest
    }

    private static func tools(of rule: ToolRule) -> String {
        let names = rule.operations.map(\.name)
        guard !names.isEmpty else { return "none in this version" }
        let more = names.count > namedTools ? " and \(names.count - namedTools) more" : ""
        return names.prefix(namedTools).joined(separator: ", ") + more
    }
}

extension ToolRule {
    /// Those of this version that the pattern matches.
    var operations: [Operation] { CodexAccess.catalogue.operations.filter { glob.matches($0.name) } }

    /// The containers to which the rule applies, for people. For tools that reach no external system it makes no
    /// difference.
    var place: String {
        let matched = operations
        return !matched.isEmpty && matched.allSatisfy { $0.reach == .everywhere } ? "anywhere" : scope.text
    }
}
