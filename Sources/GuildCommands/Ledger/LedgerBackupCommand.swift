import ArgumentParser
import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger

struct LedgerBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the ledger into a new folder without stopping anything.",
        discussion: """
            The folder contains ledger.sqlite, bodies/, manifest.json and SHA256SUMS (`sha256sum -c SHA256SUMS` checks \
            it). It appears under its name only when it is complete, on disk, and its audit chain verifies. If a \
            row, a payload, an answer or a large body was already missing or damaged in the ledger, the command exits \
            1 but keeps the backup.
            """)

    @Argument(
        help: ArgumentHelp("The folder to create; it must not exist yet.", valueName: "folder"),
        completion: .directory)
    var folder: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let path = URL(fileURLWithPath: folder).standardizedFileURL.path
        let contents = try await context.requiredLedger().upkeep.backup(
            to: path, version: GuildVersion.current, now: context.now)
        try output.renderer.print(BackupResult(path: path, contents: contents))
        if !contents.damagedBodies.isEmpty || !contents.damagedRows.isEmpty {
            throw CommandStatus(code: ErrorKind.failed.exitStatus)
        }
    }
}

struct BackupResult: CommandResult {
    let path: String
    let contents: BackupContents

    struct Document: Encodable {
        let path: String
        let contents: JSONValue

        private enum CodingKeys: String, CodingKey {
            case path
            case contents = ""
        }
    }

    /// Lines of damaged bodies that are shown; `manifest.json` has them all.
    private static let shownBodies = 20

    private func more(_ count: Int, _ one: String, _ several: String) -> [String] {
        count > 0 ? ["and \(Amount.counted(count, "more \(one)", "more \(several)"))"] : []
    }

    var document: Document { Document(path: path, contents: contents.json) }

    var rows: [BackupContents] { [contents] }

    var columns: [Column<BackupContents>] {
        [
            .text("PATH") { [path] _ in path }, .time("MADE", \.madeAt), .number("BYTES", \.bytes),
            .number("BODIES", \.bodies), .number("ENTRIES", \.auditEntries), .text("HEAD", \.auditHead),
            .number("DAMAGED") { $0.damagedBodies.count + $0.damagedRowCount },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return path }
        var lines = [
            "Backed up \(contents.ledger) into \(style.bold(path)).",
            "  \(Amount.bytes(contents.bytes)), \(Amount.counted(contents.bodies, "large body", "large bodies")), "
                + "\(Amount.counted(contents.auditEntries, "audit entry", "audit entries")), head \(contents.auditHead)",
        ]
        lines += contents.damagedBodies.prefix(Self.shownBodies).map {
            style.red("damaged") + ": body \($0) was already missing or changed in the ledger"
        }
        lines += more(contents.damagedBodies.count - Self.shownBodies, "damaged body", "damaged bodies")
        lines += contents.damagedRows.map { style.red("damaged") + ": \(TextTable.printable($0))" }
        lines += more(contents.damagedRowCount - contents.damagedRows.count, "damaged row", "damaged rows")
        return (lines + ["", "Next:", "  " + style.cyan("guild ledger restore --dry-run \(path)")]).joined(
            separator: "\n")
    }
}

extension BackupContents {
    /// Of database and bodies.
    var bytes: Int64 { databaseBytes.addingSaturated(bodyBytes) }
}
