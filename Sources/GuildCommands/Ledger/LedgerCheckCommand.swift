import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct LedgerCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks every page, reference, row, audit entry, account entry and body.",
        discussion: """
            Prints one line for each part: ok, note (nothing is lost) or failed. Exits 1 if a part failed, and 6 if \
            the ledger cannot be opened. Running work continues meanwhile.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let findings = try await context.requiredLedger().upkeep.check(now: context.now)
        try output.renderer.print(CheckResult(findings: findings))
        if findings.contains(where: { $0.status == .failed }) {
            throw CommandStatus(code: ErrorKind.failed.exitStatus)
        }
    }
}

struct CheckResult: CommandResult {
    struct Finding: Encodable {
        let part: String
        let status: String
        let summary: String
        let problems: [String]
        let more: Int
    }

    let findings: [LedgerFinding]

    var document: [Finding] {
        findings.map {
            Finding(
                part: $0.part.rawValue, status: $0.status.rawValue, summary: $0.summary, problems: $0.problems,
                more: $0.more)
        }
    }

    var rows: [LedgerFinding] { findings }

    var columns: [Column<LedgerFinding>] {
        [
            .text("PART", \.part.rawValue), .text("STATUS", \.status.rawValue), .text("SUMMARY", \.summary),
            .text("PROBLEMS") { ($0.problems + $0.rest).joined(separator: "; ") },
        ]
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
            let problems = (finding.problems + finding.rest).map {
                "\n                      " + TextTable.printable($0)
            }
            return "\(name)\(status)  \(finding.summary)" + problems.joined()
        }.joined(separator: "\n")
    }
}

extension LedgerFinding {
    /// Says how many problems are not listed, if any.
    fileprivate var rest: [String] { more > 0 ? ["and \(more) more"] : [] }
}
