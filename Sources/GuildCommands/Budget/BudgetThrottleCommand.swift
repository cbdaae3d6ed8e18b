import ArgumentParser
import Foundation
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildDomain

struct BudgetThrottleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "throttle",
        abstract: "Lowers a chapter's current limits, or lifts that (audited).",
        discussion: """
            A factor (0.5 or 50%) lowers every limit of the chapter; a number of tokens (200K) lowers the limit of its \
            day, unless --period names another period. Calls in progress are not ended, and earlier usage still \
            counts. A second throttle of the same period replaces the first.
            """)

    @Argument(help: ArgumentHelp("A chapter; agent/NAME and organization work too.", valueName: "chapter"))
    var chapter: String

    @Argument(help: ArgumentHelp("A factor below 1, or a number of tokens.", valueName: "factor|tokens"))
    var measure: String?

    @Flag(help: "Lift the throttles instead.")
    var lift = false

    @Option(
        help: ArgumentHelp("Until when: 2h from now, a date or RFC 3339. Default: until lifted.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("minute, hour, day or month.", valueName: "period"))
    var period: String?

    @Option(help: ArgumentHelp("The reason (audited).", valueName: "text"))
    var reason: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if lift, measure != nil || until != nil || period != nil {
            throw ValidationError(
                "--lift ends every throttle of the chapter: it takes no factor, --until or --period")
        }
        if !lift, measure == nil {
            throw ValidationError("give a factor below 1 (0.5, 50%) or a number of tokens (200K), or --lift")
        }
        if !lift, reason == nil { throw ValidationError("Missing expected argument '--reason <text>'") }
    }

    func run() async throws {
        let settings = options.settings()
        let lowered = try measure.map { try BudgetAmounts.measure($0) }
        let chosen = try period.map { try BudgetAmounts.period($0) }
        let why = try BudgetAmounts.reason(reason ?? "lifted")
        guard let lowered else {
            return try await BudgetChangeResult.make(
                chapter, settings, output.renderer, verb: "lifted", prefersChapters: true
            ) { desk, name in
                try await desk.lift(name, reason: why)
            }
        }
        let end = try until.map {
            try PointInTime.ahead($0, option: "--until", now: settings.time.now, zone: .current)
        }
        try await BudgetChangeResult.make(
            chapter, settings, output.renderer, verb: "throttled", prefersChapters: true
        ) { desk, name in
            try await desk.throttle(name, to: lowered, period: chosen, until: end, reason: why)
        }
    }
}
