import ArgumentParser
import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes audit entries with bodies, salts and hashes as JSON Lines.",
        discussion: "docs/verify_audit.py verifies an export without guild; docs/audit-format.md explains it.")

    @Option(help: ArgumentHelp("The first entry.", valueName: "seq"))
    var from: Int64 = 1

    @Option(help: ArgumentHelp("The last entry. Default: the newest.", valueName: "seq"))
    var until: Int64?

    @Option(help: ArgumentHelp("The file to write; - is standard output.", valueName: "path"), completion: .file())
    var to = "-"

    /// People may try this option, because everywhere else it is the format.
    @Option(name: .letterAndLong("o"), help: .hidden)
    var output: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if output != nil { throw ValidationError("an export is always JSON Lines: write --to PATH for the file") }
        guard from >= 1 else { throw ValidationError("--from \(from) is not the number of an entry: they begin at 1") }
        if let until, until < from { throw ValidationError("--until \(until) is before --from \(from)") }
        if to.isEmpty { throw ValidationError("--to needs a file, or - for standard output") }
    }

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.requiredLedger()
        // Entries that are written meanwhile are not part of it.
        let last = try await ledger.audit.head()
        guard from <= max(last, 1), (until ?? last) <= last else {
            throw AuditFailure.noEntry(from > last ? from : until ?? last)
        }
        let destination = try ExportDestination(to)
        var after = from - 1
        var isRead = true
        while isRead {
            let piece = try await ledger.audit.export(after: after, through: until ?? last)
            guard let reached = piece.last else { break }
            isRead = try destination.write(piece.lines)
            after = reached
        }
        try destination.finish()
    }
}
