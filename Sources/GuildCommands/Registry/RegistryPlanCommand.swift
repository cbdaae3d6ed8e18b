import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildDomain

struct RegistryPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows what a push would change: agents, tools, budgets, schedules, routes.",
        discussion: """
            Compares the meaning of two revisions, not their lines; paste the result into a review. Changes that let \
            an agent do or spend more are marked. Exits 3 if either revision is invalid.
            """)

    @Argument(help: ArgumentHelp("The revision in force.", valueName: "old"))
    var old: String

    @Argument(help: ArgumentHelp("The proposed revision.", valueName: "new"))
    var new: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let access = try CodexAccess(options.settings())
        let before = try access.load(rev: old)
        let after = try access.load(rev: new)
        let (served, planned) = (try before.get(), try after.get())
        let known = Set(before.warnings.map(\.substance))
        try output.renderer.print(
            PlanResult(
                old: before.commit, new: after.commit, plan: CodexPlan(from: served, to: planned),
                warnings: after.warnings.filter { !known.contains($0.substance) }))
    }
}

struct PlanResult: CommandResult {
    let old: String
    let new: String
    let plan: CodexPlan
    /// Those that the old commit does not have.
    let warnings: [Problem]

    var json: JSONValue {
        [
            "old": .string(old), "new": .string(new),
            "changes": .array(
                plan.changes.map {
                    [
                        "section": .string($0.section.rawValue), "subject": .string($0.subject),
                        "what": .string($0.what), "kind": .string($0.kind.rawValue), "before": .optional($0.before),
                        "after": .optional($0.after), "effect": .string($0.effect.rawValue),
                    ]
                }), "warnings": .array(warnings.map(\.json)),
        ]
    }

    var table: TextTable {
        TextTable(
            ["SECTION", "SUBJECT", "WHAT", "KIND", "BEFORE", "AFTER", "EFFECT"],
            plan.changes.map {
                [
                    $0.section.rawValue, $0.subject, $0.what, $0.kind.rawValue, $0.before ?? "", $0.after ?? "",
                    $0.effect.rawValue,
                ]
            })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let widening = plan.changes.count { $0.effect == .widens }
        var lines: [String] = []
        if !isQuiet {
            let number = plan.changes.count
            let count = number == 0 ? "nothing changes" : "\(number) change\(number == 1 ? "" : "s")"
            let more =
                widening > 0
                ? ", " + style.yellow("\(widening) let\(widening == 1 ? "s" : "") agents do or spend more") : ""
            lines.append(style.bold("\(old.prefix(12)) to \(new.prefix(12)): ") + count + more)
        }
        for section in CodexPlan.Section.allCases {
            let changes = plan.changes.filter { $0.section == section }
            guard !changes.isEmpty else { continue }
            lines.append(style.bold(section.rawValue))
            lines += changes.map { line($0, style) }
        }
        lines += warnings.map { style.yellow(TextTable.printable($0.text)) }
        return lines.joined(separator: "\n")
    }

    private func line(_ change: CodexPlan.Change, _ style: Style) -> String {
        let name = change.what.isEmpty ? change.subject : "\(change.subject): \(change.what)"
        let text: String
        switch change.kind {
        case .added: text = "+ \(name)" + (change.after.map { ": \($0)" } ?? "")
        case .removed: text = "- \(name)" + (change.before.map { ", was: \($0)" } ?? "")
        case .changed:
            let (before, after) = (change.before ?? "", change.after ?? "")
            text = "~ \(name): " + (before == after ? "other text, \(after)" : "\(before) → \(after)")
        }
        let printable = TextTable.printable(text)
        switch change.effect {
        case .widens: return style.yellow("  \(printable)  [more]")
        case .narrows: return "  \(printable)  [less]"
        case .neutral: return "  \(printable)"
        }
    }
}
