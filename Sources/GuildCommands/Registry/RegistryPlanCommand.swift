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
        let access = try options.openCodex()
        let before = try access.load(rev: old)
        let after = try access.load(rev: new)
        let served = try before.get()
        let planned = try after.get()
        let known = Set(before.warnings.map(\.substance))
        try output.renderer.print(
            PlanResult(
                old: before.commit, new: after.commit,
                plan: CodexPlan(from: served, to: planned, operations: CodexAccess.catalogue.operations),
                warnings: after.warnings.filter { !known.contains($0.substance) }))
    }
}

struct PlanResult: CommandResult {
    let old: String
    let new: String
    let plan: CodexPlan
    /// Those that the old commit does not have.
    let warnings: [Problem]

    struct Document: Encodable {
        let old: String
        let new: String
        let changes: [Row]
        let warnings: [Problem]
    }

    struct Row: Encodable, Sendable {
        let section: String
        let subject: String
        let what: String
        let kind: String
        let before: String?
        let after: String?
        let effect: String
    }

    var document: Document { Document(old: old, new: new, changes: rows, warnings: warnings) }

    var rows: [Row] {
        plan.changes.map {
            Row(
                section: $0.section.rawValue, subject: $0.subject, what: $0.what, kind: $0.kind.rawValue,
                before: $0.before, after: $0.after, effect: $0.effect.rawValue)
        }
    }

    var columns: [Column<Row>] {
        [
            .text("SECTION", \.section), .text("SUBJECT", \.subject), .text("WHAT", \.what), .text("KIND", \.kind),
            .text("BEFORE") { $0.before ?? "" }, .text("AFTER") { $0.after ?? "" }, .text("EFFECT", \.effect),
        ]
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
            let before = change.before ?? ""
            let after = change.after ?? ""
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
