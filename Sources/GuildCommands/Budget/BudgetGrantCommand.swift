import ArgumentParser
import Foundation
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildDomain

struct BudgetGrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Adds tokens or money to a running budget (audited).",
        discussion: """
            A grant expires with its period. Invocations that waited for room continue immediately. Without --period \
            it adds to the current day and month, as far as they are limited; a root and an invocation have one budget \
            only.
            """)

    @Argument(
        help: ArgumentHelp(
            "organization, chapter/NAME, agent/NAME, root/ID or invocation/ID.", valueName: "account"),
        completion: AgentNames.completion)
    var account: String

    @Argument(help: ArgumentHelp("How many: 4000, 200K or 10M; 0 with --cost.", valueName: "tokens"))
    var tokens: String

    @Option(help: ArgumentHelp("The reason (audited).", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("US dollars to add: 5 or 2.50.", valueName: "dollars"))
    var cost: String?

    @Option(help: ArgumentHelp("minute, hour, day, month or invocation.", valueName: "period"))
    var period: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let dollars = try cost.map { try BudgetAmounts.microdollars($0) }
        let tokens = try BudgetAmounts.tokens(tokens, isBesideMoney: dollars != nil)
        let chosen = try period.map { try BudgetAmounts.period($0) }
        let why = try BudgetAmounts.reason(reason)
        try await BudgetChangeResult.make(account, options.settings(), output.renderer, verb: "granted") { desk, name in
            try await desk.grant(name, tokens: tokens, cost: dollars ?? 0, period: chosen, reason: why)
        }
    }
}
