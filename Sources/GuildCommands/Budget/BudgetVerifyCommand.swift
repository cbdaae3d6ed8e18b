import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct BudgetVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recomputes every account, and explains every overrun.",
        discussion: "Exits 1 if an account is wrong or an overrun has no explanation.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let verification = try await inspection.requiredLedger().verifyBudgets(now: settings.time.now)
        try output.renderer.print(
            BudgetVerificationResult(verification: verification, ledger: inspection.location.path))
        if !verification.isSound { throw CommandStatus(code: ErrorKind.failed.exitStatus) }
    }
}

/// The scope of the check, the explained overruns and the findings.
struct BudgetVerificationResult: CommandResult {
    let verification: BudgetVerification
    let ledger: String

    var json: JSONValue {
        [
            "sound": .bool(verification.isSound),
            "checked": [
                "entries": .integer(verification.entries), "postings": .integer(verification.postings),
                "accounts": .integer(verification.accounts), "closed_entries": .integer(verification.closedEntries),
                "open_reservations": .integer(verification.openReservations),
            ],
            "estimated_tokens": .integer(verification.estimatedTokens),
            "overrun_tokens": .integer(verification.overrunTokens),
            "findings": .array(
                verification.findings.map {
                    ["kind": .string($0.kind.rawValue), "place": .string($0.place), "problem": .string($0.problem)]
                }),
            "more_findings": .integer(verification.moreFindings),
            "excesses": .array(verification.excesses.map(json)),
        ]
    }

    private func json(_ excess: BudgetVerification.Excess) -> JSONValue {
        [
            "account": .string(excess.account), "period": .string(excess.period.name),
            "unit": .string(unit(excess).rawValue), "limit": .integer(excess.limit), "used": .integer(excess.used),
            "reserved": .integer(excess.reserved), "amount": .integer(excess.amount),
            "unexplained": .integer(excess.unexplained),
            "reasons": .array(
                excess.reasons.map {
                    ["kind": .string($0.kind.rawValue), "amount": .integer($0.amount), "text": .string($0.text)]
                }),
        ]
    }

    private func unit(_ excess: BudgetVerification.Excess) -> BudgetStanding.Unit {
        excess.isMoney ? .microdollars : .tokens
    }

    /// Each finding, and each reason for an excess.
    var table: TextTable {
        let findings = verification.findings.map { ["finding", $0.kind.rawValue, $0.place, "", $0.problem] }
        let reasons = verification.excesses.flatMap { excess in
            excess.reasons.map {
                [
                    "explained", $0.kind.rawValue, "\(excess.account) \(excess.period.name)",
                    unit(excess).text($0.amount), $0.text,
                ]
            }
        }
        return TextTable(["result", "kind", "place", "amount", "text"], findings + reasons)
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines: [String] = []
        for finding in verification.findings {
            lines.append(style.red(TextTable.printable(finding.place)) + ": " + TextTable.printable(finding.problem))
        }
        if verification.moreFindings > 0 { lines.append("and \(Amount.grouped(verification.moreFindings)) more") }
        if !isQuiet || !verification.isSound { lines += verification.excesses.flatMap { explained($0, style) } }
        let verdict =
            verification.isSound
            ? style.green("sound") : style.red("\(verification.findings.count) findings")
        lines.append("\(verdict): \(checked)")
        if !verification.isSound, !isQuiet {
            lines.append(
                "  hint: compare with a backup of \(ledger); `guild audit verify` checks the audit log beside it")
        }
        return lines.joined(separator: "\n")
    }

    private func explained(_ excess: BudgetVerification.Excess, _ style: Style) -> [String] {
        let (unit, of) = (unit(excess), excess.isMoney ? "" : " tokens")
        let head =
            "\(TextTable.printable(excess.account)): \(unit.text(excess.amount))\(of) above the \(excess.period.name)'s "
            + "limit of \(unit.text(excess.limit)) (\(unit.text(excess.used)) used, \(unit.text(excess.reserved)) reserved)"
        return [style.yellow(head)]
            + excess.reasons.map { "  \($0.kind.rawValue) \(unit.text($0.amount)): \(TextTable.printable($0.text))" }
    }

    private var checked: String {
        var parts = [
            "\(Amount.grouped(verification.entries)) entries", "\(Amount.grouped(verification.postings)) postings",
            "\(Amount.grouped(verification.accounts)) accounts",
            "\(Amount.grouped(verification.openReservations)) open reservations",
        ]
        if verification.closedEntries > 0 {
            parts.append("\(Amount.grouped(verification.closedEntries)) entries closed")
        }
        if verification.estimatedTokens > 0 {
            parts.append("\(Amount.grouped(verification.estimatedTokens)) tokens estimated")
        }
        if verification.overrunTokens > 0 {
            parts.append("\(Amount.grouped(verification.overrunTokens)) tokens overrun")
        }
        return parts.joined(separator: ", ")
    }
}
