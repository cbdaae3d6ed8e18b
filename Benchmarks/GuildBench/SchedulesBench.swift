import Foundation
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import Logging
import Synchronization

/// A hundred thousand schedules: how long it takes to know them, what they cost while none is due, and whether each fires
/// exactly once when all of them are.
struct SchedulesBench {
    private static let count = 100_000
    private static let idleSeconds = 20

    let setting: BenchSetting

    func run() async throws {
        let folder = try setting.folder("schedules")
        let ledger = try Ledger(at: LedgerLocation(path: folder + "/ledger.sqlite"))
        defer { ledger.close() }
        let before = Self.residentMegabytes
        let entries = try Self.entries()
        var table = MarkdownTable(["step", "figure"])
        try await load(entries, ledger, before: before, &table)
        try await idle(entries, ledger, &table)
        try await burst(entries, ledger, &table)
        table.show(title: "\(Double(Self.count).figure) schedules in one scheduler")
    }

    /// In ten zones, a tenth of them with jitter, each due once a day at a minute of its own.
    private static func entries() throws -> [ScheduleEntry] {
        let zones = [
            "UTC", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Asia/Kolkata",
            "Australia/Sydney", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Auckland",
        ].compactMap { name in Zones.named(name).map { (name, $0) } }
        return try (0..<count).map { number in
            let text = "\(number % 60) \(number / 60 % 24) * * *"
            let (name, zone) = zones[number % zones.count]
            var trigger = CronTrigger(
                name: "daily-\(number)", schedule: try CronSchedule(parsing: text), expression: text, timezone: name)
            if number.isMultiple(of: 10) { trigger.jitter = .seconds(10) }
            let plan = ScheduleEntry.Plan(agent: "clerk", chapter: nil, priority: .normal, cron: trigger)
            return ScheduleEntry(plan, timezone: name, zone: zone)
        }
    }

    private func load(
        _ entries: [ScheduleEntry], _ ledger: Ledger, before: Double, _ table: inout MarkdownTable
    ) async throws {
        let clock = BenchClock()
        for name in ["known for the first time", "known again, after a restart"] {
            let start = MonotonicClock.now
            _ = try await scheduler(entries, ledger, clock).fireDue()
            table.add([name, "\((Double(MonotonicClock.now - start) / 1e6).figure) ms"])
        }
        let grown = Self.residentMegabytes - before
        table.add(["memory, entries and timetable", "\(grown.figure) MB"])
    }

    /// The scheduler's own loop under the machine's clock shifted to a second after which nothing is due for long.
    private func idle(_ entries: [ScheduleEntry], _ ledger: Ledger, _ table: inout MarkdownTable) async throws {
        let rare = try entries.map { entry in
            var trigger = entry.cron
            trigger.schedule = try CronSchedule(parsing: "0 0 1 1 *")
            return ScheduleEntry(
                ScheduleEntry.Plan(agent: "clerk", chapter: nil, priority: .normal, cron: trigger),
                timezone: entry.timezone, zone: entry.zone)
        }
        let scheduler = scheduler(rare, ledger, SystemTime())
        let running = Task { try await scheduler.run() }
        try await Task.sleep(for: .seconds(10))
        let (start, cpu) = (MonotonicClock.now, Self.cpuNanoseconds)
        try await Task.sleep(for: .seconds(Self.idleSeconds))
        let share = (Self.cpuNanoseconds - cpu) / Double(MonotonicClock.now - start)
        running.cancel()
        _ = await running.result
        table.add(["processor while none is due", String(format: "%.4f %%", share * 100)])
    }

    /// Everything of a day, minute by minute on a clock of its own.
    private func burst(_ entries: [ScheduleEntry], _ ledger: Ledger, _ table: inout MarkdownTable) async throws {
        let clock = BenchClock()
        clock.advance(by: .seconds(86_400))
        let begin = clock.now
        let all = entries.map { entry in
            var trigger = entry.cron
            trigger.name = "burst-\(trigger.name)"
            return ScheduleEntry(
                ScheduleEntry.Plan(agent: "clerk", chapter: nil, priority: .normal, cron: trigger),
                timezone: entry.timezone, zone: entry.zone)
        }
        _ = try await scheduler(all, ledger, clock).fireDue()
        let wanted = all.reduce(0) { sum, entry in
            sum + entry.times(after: begin, until: begin + .seconds(86_400), limit: 10).count
        }
        clock.advance(by: .seconds(86_400 + 10))
        let start = MonotonicClock.now
        // Those of the last minute are on time, the rest is caught up with: one run each.
        _ = try await scheduler(all, ledger, clock).fireDue()
        let seconds = Double(MonotonicClock.now - start) / 1e9
        let fired = try await ledger.firingCount()
        table.add(["due at once", Double(wanted).figure])
        table.add(["fired, each in the ledger with its event", Double(fired).figure])
        table.add(["firings a second", (Double(fired) / seconds).figure])
    }

    private func scheduler(_ entries: [ScheduleEntry], _ ledger: Ledger, _ time: any TimeSource) -> Scheduler {
        Scheduler(ledger: ledger, time: time, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }) {
            $0 == "bench" ? nil : ("bench", entries)
        }
    }

    private static var residentMegabytes: Double {
        ProcessFigures(pid: getpid())?.residentMegabytes ?? 0
    }

    private static var cpuNanoseconds: Double { Double(ProcessFigures(pid: getpid())?.cpuNanoseconds ?? 0) }
}

/// A clock that stands still until it is told.
private final class BenchClock: TimeSource {
    private let instant = Mutex(Timestamp(seconds: 1_790_000_000))

    var now: Timestamp { instant.withLock { $0 } }

    func advance(by duration: Duration) { instant.withLock { $0 = $0 + duration } }

    func sleep(until deadline: Timestamp) async throws {}
}
