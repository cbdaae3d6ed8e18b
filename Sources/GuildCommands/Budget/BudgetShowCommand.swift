import ArgumentParser
import Foundation
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

struct BudgetShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one account: its limits, their sources, and its usage.",
        discussion: "You can omit the prefix if the name is unambiguous.")

    @Argument(
        help: ArgumentHelp(
            "organization, chapter/NAME, agent/NAME, root/ID or invocation/ID.", valueName: "account"),
        completion: AgentNames.completion)
    var account: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let obeyed = try await context.obeyed()
        let snapshot = obeyed.snapshot
        let report = try await AccountReport.make(
            account, in: obeyed, ledger: context.ledger(orElse: .saidUnlessSeveral)?.accounts, now: context.now)
        let zone = Zones.named(snapshot.guild.timezone) ?? .gmt
        try output.renderer.print(
            AccountResult(
                report: report, obeyed: obeyed, zone: zone, screen: .current(), alerts: snapshot.guild.alerts))
    }
}
