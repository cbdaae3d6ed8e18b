import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain

struct ScheduleNextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Shows the next due times of the agents or of a cron expression.",
        discussion: """
            --expr needs no codex. The JSON is a list of {"due", "local"}: the instant in UTC, and the same in the \
            schedule's own time zone.
            """)

    private static let maximumCount = 10_000

    @Argument(
        help: ArgumentHelp("Only schedules of this agent.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String?

    @Option(name: .letter("n"), help: ArgumentHelp("The number of due times.", valueName: "count"))
    var count = 10

    @Option(help: ArgumentHelp("A cron expression to try.", valueName: "cron"))
    var expr: String?

    @Option(help: ArgumentHelp("The IANA time zone of --expr. Default: UTC.", valueName: "zone"))
    var timezone: String?

    @Option(help: ArgumentHelp("Due times after this one. Default: now.", valueName: "time"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            "debian, skip or both: how to treat times that a clock change skips or repeats.", valueName: "policy"))
    var dst: DSTChoice?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if expr == nil, timezone != nil || dst != nil {
            throw ValidationError("--timezone and --dst belong to --expr; an agent's schedule has its own")
        }
        if expr != nil, agent != nil { throw ValidationError("give an agent or --expr, not both") }
        guard (1...Self.maximumCount).contains(count) else {
            throw ValidationError("-n \(count) is not between 1 and \(Self.maximumCount)")
        }
    }

    func run() async throws {
        let settings = options.settings()
        let zone = try Self.zone(timezone ?? "UTC")
        let start = try from.map {
            try PointInTime.required($0, option: "--from", now: settings.time.now, zone: expr == nil ? .current : zone)
        }
        let cursor = start ?? settings.time.now
        if let expr {
            let schedule = try Self.schedule(expr)
            let times = DueTime.first(count, after: cursor) {
                schedule.next(after: $0, in: zone, policy: dst?.policy ?? .debian)
            }
            return try output.renderer.print(DueTimesResult(times: times.map { DueTime(due: $0, zone: zone) }))
        }
        let context = try CommandContext(settings)
        defer { context.close() }
        let snapshot = try await context.snapshot()
        if let agent, snapshot.agent(agent) == nil { throw snapshot.unknownAgent(agent) }
        let entries = ScheduleEntry.all(in: snapshot).filter { entry in
            agent == nil || entry.agent.lowercased() == agent?.lowercased()
        }
        try output.renderer.print(DueTimesResult(times: DueTime.first(count, of: entries, after: cursor)))
    }

    private static func zone(_ name: String) throws(Failure) -> TimeZone {
        guard let zone = Zones.named(name) else {
            throw Failure(
                .usage, "--timezone '\(name)' is not an IANA time zone",
                hint: Zones.nearest(to: name).map { "did you mean '\($0)'?" } ?? "write Europe/London, or UTC")
        }
        return zone
    }

    private static func schedule(_ text: String) throws(Failure) -> CronSchedule {
        do throws(CronSchedule.Problem) {
            return try CronSchedule(parsing: text)
        } catch {
            throw Failure(.usage, "--expr: \(error.message)", hint: error.hint)
        }
    }
}

enum DSTChoice: String, ExpressibleByArgument, CaseIterable {
    case debian, skip, both

    var policy: DSTPolicy { DSTPolicy(rawValue: rawValue) ?? .debian }
}

/// An instant at which something is due.
struct DueTime: Sendable {
    let due: Timestamp
    /// The schedule's own.
    let zone: TimeZone
    /// `AGENT/NAME`; nil for an expression that is tried.
    var schedule: String?
    /// The firing time, if the schedule has jitter.
    var turn: Timestamp?

    static func first(_ count: Int, after start: Timestamp, next: (Timestamp) -> Timestamp?) -> [Timestamp] {
        var times: [Timestamp] = []
        var cursor = start
        while times.count < count, let due = next(cursor) {
            times.append(due)
            cursor = due
        }
        return times
    }

    /// The first due times of all schedules taken together.
    static func first(_ count: Int, of entries: [ScheduleEntry], after start: Timestamp) -> [DueTime] {
        let all = entries.flatMap { entry in
            first(count, after: start) { entry.next(after: $0) }.map { due in
                let turn = entry.cron.jitter > .zero ? entry.turn(of: due) : nil
                return DueTime(due: due, zone: entry.zone, schedule: entry.id, turn: turn)
            }
        }
        return Array(all.sorted { ($0.due, $0.schedule ?? "") < ($1.due, $1.schedule ?? "") }.prefix(count))
    }
}

struct DueTimesResult: ListResult {
    let times: [DueTime]

    var emptyText: String { "nothing is due within \(CronSchedule.horizonYears) years" }
    var rows: [DueTime] { times }

    var columns: [Column<DueTime>] {
        let due: [Column<DueTime>] = [.time("DUE", \.due), .text("IN ITS ZONE", \.local)]
        let isNamed = times.contains { $0.schedule != nil }
        return due + (isNamed ? [.text("SCHEDULE") { $0.schedule ?? "" }] : [])
    }
}

extension DueTime: Encodable {
    private enum CodingKeys: String, CodingKey { case due, local, schedule, fires }

    /// An expression that is tried has no schedule, and a schedule without jitter no other time.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(due, forKey: .due)
        try container.encode(local, forKey: .local)
        if let schedule { try container.encode(schedule, forKey: .schedule) }
        if let turn { try container.encode(turn, forKey: .fires) }
    }

    /// The same instant in its own zone.
    var local: String { LocalTime.rfc3339(due, zone: zone) }
}
