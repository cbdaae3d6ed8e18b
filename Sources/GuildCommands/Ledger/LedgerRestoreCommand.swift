import ArgumentParser
import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger

struct LedgerRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Replaces the ledger with a backup.",
        discussion: """
            guild verifies checksums, pages, schema and audit chain before it changes anything. It refuses to replace \
            a ledger in use, and an existing ledger unless --force is given; it then keeps the old one aside. Work \
            that was queued at the time of the backup runs when guild runs again; guild looks for each action before \
            it executes it, because the action may have been done since.
            """)

    @Argument(
        help: ArgumentHelp("The folder that `guild ledger backup` made.", valueName: "folder"), completion: .directory)
    var folder: String

    @Flag(help: "Replace an existing ledger, which is kept aside.")
    var force = false

    @Flag(help: "Accept a backup of another codex's ledger.")
    var foreign = false

    @Flag(help: "Verify the backup; change nothing.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let restore = LedgerRestore(
            from: URL(fileURLWithPath: folder).standardizedFileURL.path,
            to: try CommandContext.location(settings, for: dryRun ? .reading : .writing))
        // A ledger that is named by itself may have no codex here.
        let access = foreign ? nil : try? CodexAccess(settings)
        let report = try await restore.run(
            force: force, dryRun: dryRun, isForeign: { access?.isForeign($0) ?? false },
            actor: settings.user, now: settings.time.now)
        try output.renderer.print(RestoreResult(report: report))
    }
}

struct RestoreResult: CommandResult {
    let report: RestoreReport

    struct Document: Encodable {
        let restored: Bool
        let ledger: String
        let keptAside: String?
        let madeAt: Timestamp
        let bodies: Int
        let auditEntries: Int64
        let auditHead: String
    }

    var document: Document {
        let contents = report.contents
        return Document(
            restored: report.isDone, ledger: report.ledger, keptAside: report.keptAside, madeAt: contents.madeAt,
            bodies: contents.bodies, auditEntries: contents.auditEntries, auditHead: contents.auditHead)
    }

    var rows: [Document] { [document] }

    var columns: [Column<Document>] {
        [
            .flag("RESTORED", \.restored), .text("LEDGER", \.ledger), .time("MADE", \.madeAt),
            .number("ENTRIES", \.auditEntries), .text("HEAD", \.auditHead), .text("ASIDE") { $0.keptAside ?? "" },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let contents = report.contents
        let what =
            "the backup of \(LocalTime.text(contents.madeAt)), "
            + "\(Amount.counted(contents.auditEntries, "audit entry", "audit entries")), head \(contents.auditHead)"
        guard report.isDone else { return style.green("valid") + ": \(what)" }
        guard !isQuiet else { return report.ledger }
        var lines = ["\(style.bold(report.ledger)) is \(what)."]
        if let aside = report.keptAside { lines.append("The previous ledger is \(aside)") }
        return (lines + ["", "Next:", "  " + style.cyan("guild ledger check"), "  " + style.cyan("guild serve")])
            .joined(separator: "\n")
    }
}
