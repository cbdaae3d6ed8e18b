import ArgumentParser
import GuildBudgets
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
        let context = try options.context()
        defer { context.close() }
        let verification = try await context.requiredLedger().budgets.verify(now: context.now)
        try output.renderer.print(
            BudgetVerificationResult(verification: verification, ledger: context.location.path))
        if !verification.isSound { throw CommandStatus(code: ErrorKind.failed.exitStatus) }
    }
}

/// The scope of the check, the explained overruns and the findings.
struct BudgetVerificationResult: CommandResult {
    let verification: BudgetVerification
    let ledger: String

    struct Document: Encodable {
        struct Checked: Encodable {
            let entries: Int64
            let postings: Int64
            let accounts: Int64
            let closedEntries: Int64
            let openReservations: Int64
        }

        struct Finding: Encodable {
            let kind: String
            let place: String
            let problem: String
        }

        struct Excess: Encodable {
            let account: String
            let period: String
            let unit: String
            let limit: Int64
            let used: Int64
            let reserved: Int64
            let amount: Int64
            let unexplained: Int64
            let reasons: [Reason]
        }

        struct Reason: Encodable {
            let kind: String
            let amount: Int64
            let text: String
        }

        let sound: Bool
        let checked: Checked
        let estimatedTokens: Int64
        let overrunTokens: Int64
        let findings: [Finding]
        let moreFindings: Int64
        let excesses: [Excess]
    }

    var document: Document {
        Document(
            sound: verification.isSound,
            checked: Document.Checked(
                entries: verification.entries, postings: verification.postings,
                accounts: verification.accounts, closedEntries: verification.closedEntries,
                openReservations: verification.openReservations),
            estimatedTokens: verification.estimatedTokens, overrunTokens: verification.overrunTokens,
            findings: verification.findings.map {
                Document.Finding(kind: $0.kind.rawValue, place: $0.place, problem: $0.problem)
            }, moreFindings: verification.moreFindings, excesses: verification.excesses.map(excess))
    }

    private func excess(_ excess: BudgetVerification.Excess) -> Document.Excess {
        Document.Excess(
            account: excess.account, period: excess.period.name, unit: unit(excess).rawValue, limit: excess.limit,
            used: excess.used, reserved: excess.reserved, amount: excess.amount, unexplained: excess.unexplained,
            reasons: excess.reasons.map {
                Document.Reason(kind: $0.kind.rawValue, amount: $0.amount, text: $0.text)
            })
    }

    private func unit(_ excess: BudgetVerification.Excess) -> BudgetStanding.Unit {
        excess.isMoney ? .microdollars : .tokens
    }

    /// A finding, or a reason for an excess.
    struct Row: Sendable {
        let result: String
        let kind: String
        let place: String
        let amount: String
        let text: String
    }

    var rows: [Row] {
        verification.findings.map {
            Row(result: "finding", kind: $0.kind.rawValue, place: $0.place, amount: "", text: $0.problem)
        }
            + verification.excesses.flatMap { excess in
                excess.reasons.map {
                    Row(
                        result: "explained", kind: $0.kind.rawValue, place: "\(excess.account) \(excess.period.name)",
                        amount: unit(excess).text($0.amount), text: $0.text)
                }
            }
    }

    var columns: [Column<Row>] {
        [
            .text("result", \.result), .text("kind", \.kind), .text("place", \.place), .text("amount", \.amount),
            .text("text", \.text),
        ]
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
        let unit = unit(excess)
        let of = excess.isMoney ? "" : " tokens"
        let head =
            "\(TextTable.printable(excess.account)): \(unit.text(excess.amount))\(of) above the \(excess.period.name)'s "
            + "limit of \(unit.text(excess.limit)) (\(unit.text(excess.used)) used, \(unit.text(excess.reserved)) reserved)"
        return [style.yellow(head)]
            + excess.reasons.map { "  \($0.kind.rawValue) \(unit.text($0.amount)): \(TextTable.printable($0.text))" }
    }

    private var checked: String {
        var parts = [
            Amount.counted(verification.entries, "entry", "entries"), Amount.counted(verification.postings, "posting"),
            Amount.counted(verification.accounts, "account"),
            Amount.counted(verification.openReservations, "open reservation"),
        ]
        if verification.closedEntries > 0 {
            parts.append(Amount.counted(verification.closedEntries, "entry", "entries") + " closed")
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
