import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recomputes the audit chain and names the first entry that does not stand.",
        discussion: "Exits 1 where an entry was changed, removed, inserted or reordered.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let inspection = try Inspection(options.settings())
        defer { inspection.close() }
        let verdict = try await inspection.existingLedger().verifyAudit()
        try output.renderer.print(VerdictResult(verdict: verdict, ledger: inspection.location.path))
        if verdict.problem != nil { throw CommandStatus(code: ErrorKind.failed.exitStatus) }
    }
}

struct VerdictResult: CommandResult {
    let verdict: AuditVerdict
    let ledger: String

    var json: JSONValue {
        [
            "valid": .bool(verdict.problem == nil), "entries": .integer(verdict.entries),
            "head": .string(verdict.head),
            "problem": verdict.problem.map { ["seq": .integer($0.seq), "reason": .string($0.reason)] } ?? .null,
        ]
    }

    var table: TextTable {
        TextTable(
            ["VALID", "ENTRIES", "HEAD", "SEQ", "REASON"],
            [
                [
                    verdict.problem == nil ? "true" : "false", String(verdict.entries), verdict.head,
                    verdict.problem.map { String($0.seq) } ?? "", verdict.problem?.reason ?? "",
                ]
            ])
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard let problem = verdict.problem else {
            return style.green("valid") + ": \(Amount.grouped(verdict.entries)) entries, head \(verdict.head)"
        }
        let next = isQuiet ? "" : "\n  hint: compare with a backup of \(ledger); the entries before it stand"
        return style.red("entry \(problem.seq)") + ": \(problem.reason)" + next
    }
}
