import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct LedgerCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks every page, reference, audit entry, account entry and body.",
        discussion: """
            Prints one line for each part: ok, note (nothing is lost) or failed. Exits 1 if a part failed, and 6 if \
            the ledger cannot be opened. Running work continues meanwhile.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let findings = try await inspection.requiredLedger().check(now: settings.time.now)
        try output.renderer.print(CheckResult(findings: findings))
        if findings.contains(where: { $0.status == .failed }) {
            throw CommandStatus(code: ErrorKind.failed.exitStatus)
        }
    }
}

struct CheckResult: CommandResult {
    let findings: [LedgerFinding]

    var json: JSONValue {
        .array(
            findings.map { finding in
                [
                    "part": .string(finding.part.rawValue), "status": .string(finding.status.rawValue),
                    "summary": .string(finding.summary), "problems": .array(finding.problems.map { .string($0) }),
                ]
            })
    }

    var table: TextTable {
        TextTable(
            ["PART", "STATUS", "SUMMARY", "PROBLEMS"],
            findings.map {
                [$0.part.rawValue, $0.status.rawValue, $0.summary, $0.problems.joined(separator: "; ")]
            })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        findings.map { finding in
            let status =
                switch finding.status {
                case .ok: style.green("ok    ")
                case .note: style.yellow("note  ")
                case .failed: style.red("failed")
                }
            let name = finding.part.rawValue + String(repeating: " ", count: max(0, 14 - finding.part.rawValue.count))
            let problems = finding.problems.map { "\n                      " + TextTable.printable($0) }
            return "\(name)\(status)  \(finding.summary)" + problems.joined()
        }.joined(separator: "\n")
    }
}
