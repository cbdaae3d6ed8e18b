import ArgumentParser
import GuildCitadel
import GuildControl
import GuildDomain
import GuildLedger

struct AuditShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Draws everything that followed from an event: decisions, invocations, turns, tool calls, actions.",
        discussion: """
            The tree begins with the root event and continues with the events that it caused; ◀ marks the requested \
            item.
            """)

    @Argument(
        help: ArgumentHelp("The id of an event, an invocation or an action, or a unique prefix.", valueName: "id"))
    var id: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.requiredLedger()
        let id = try await WrittenID.resolve(id, in: ledger.reports)
        let root = try await Causality.root(of: id, in: ledger.reports)
        var trace = try await ledger.reports.trace(of: root)
        if let event = try await ledger.reports.eventID(for: id) {
            if trace == nil { trace = try await ledger.reports.trace(of: event) }
            // A payload in a file is read of the wanted event only.
            let named = trace?.allDamage ?? []
            let shown = try await ledger.events.shown(event)?.damage ?? []
            trace?.damage += shown.filter { !named.contains($0) }
        }
        guard let trace else { throw WrittenID.unknown(id) }
        let standings = try await ledger.actions.capStandings(of: trace.allActions, now: context.now)
        // Its rows have no place for it.
        if output.output == .csv { trace.allDamage.forEach { context.settings.remark("damaged: \($0)") } }
        try output.renderer.print(TraceResult(trace: trace.showing(standings), wanted: id))
    }
}
