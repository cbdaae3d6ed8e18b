import Foundation
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import Logging
import Synchronization

/// A hundred thousand schedules: how long it takes to know them, what they cost while none is due, and whether each fires
/// exactly once, at its time over a whole day and when all of them are due at one instant with two schedulers at work.
struct SchedulesBench {
    private static let count = 100_000
    /// The time until the first look at a quiet timetable is over.
    private static let settleSeconds = 10
    /// Longer than two rechecks of the clock.
    private static let idleSeconds = 65

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
        try await day(entries, ledger, &table)
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
        try await Task.sleep(for: .seconds(Self.settleSeconds))
        let (start, cpu) = (MonotonicClock.now, Self.cpuNanoseconds)
        try await Task.sleep(for: .seconds(Self.idleSeconds))
        let share = (Self.cpuNanoseconds - cpu) / Double(MonotonicClock.now - start)
        running.cancel()
        _ = await running.result
        table.add(["processor while none is due", String(format: "%.4f %%", share * 100)])
    }

    /// The scheduler's own loop over a whole day, on a clock that goes on to whatever it sleeps until.
    private func day(_ entries: [ScheduleEntry], _ ledger: Ledger, _ table: inout MarkdownTable) async throws {
        let begin = Timestamp(seconds: 1_791_000_000)
        let end = begin + .seconds(86_400)
        let all = renamed(entries, "day")
        try await enlist(all, ledger, at: begin)
        let wanted = all.map { ($0, times: $0.times(after: begin, until: end, limit: 10)) }
        let clock = SkippingClock(from: begin, until: end + .seconds(60))
        let scheduler = scheduler(all, ledger, clock)
        let (start, cpu) = (MonotonicClock.now, Self.cpuNanoseconds)
        let running = Task { try await scheduler.run() }
        await clock.waitForEnd()
        running.cancel()
        _ = await running.result
        let (seconds, used) = (Double(MonotonicClock.now - start) / 1e9, (Self.cpuNanoseconds - cpu) / 1e9)
        var fired = 0
        var wrong = 0
        for (entry, times) in wanted {
            let firings = try await ledger.schedules.firings(of: entry.id, since: begin, until: end, limit: 20)
            fired += firings.count
            if firings.map(\.dueAt) != times || firings.map(\.at) != times.map(entry.turn(of:)) { wrong += 1 }
        }
        table.add(["due in a day", String(wanted.reduce(0) { $0 + $1.times.count })])
        table.add(["fired, each in the ledger with its event", String(fired)])
        table.add(["schedules that did not fire exactly when they were due", String(wrong)])
        table.add(["the day took", "\(seconds.figure) s, \(used.figure) s of processor"])
    }

    /// All due at noon, and two schedulers at it.
    private func burst(_ entries: [ScheduleEntry], _ ledger: Ledger, _ table: inout MarkdownTable) async throws {
        let noon = Timestamp(seconds: 1_792_000_000 / 86_400 * 86_400 + 43_200)
        let schedule = try CronSchedule(parsing: "0 12 * * *")
        let all = renamed(entries, "noon").map { entry in
            var trigger = entry.cron
            (trigger.schedule, trigger.timezone, trigger.jitter) = (schedule, "UTC", .zero)
            return ScheduleEntry(
                ScheduleEntry.Plan(agent: "clerk", chapter: nil, priority: .normal, cron: trigger), timezone: "UTC",
                zone: .gmt)
        }
        try await enlist(all, ledger, at: noon - .seconds(60))
        let clock = BenchClock(at: noon)
        let start = MonotonicClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { _ = try await scheduler(all, ledger, clock).fireDue() } }
            try await group.waitForAll()
        }
        let seconds = Double(MonotonicClock.now - start) / 1e9
        var fired = 0
        for entry in all {
            fired += try await ledger.schedules.firings(
                of: entry.id, since: noon - .seconds(60), until: noon, limit: 20
            ).count
        }
        table.add(["due at one instant, two schedulers at it", String(all.count)])
        table.add(["fired", String(fired)])
        table.add(["firings a second", (Double(fired) / seconds).figure])
    }

    /// The same schedules under other names.
    private func renamed(_ entries: [ScheduleEntry], _ name: String) -> [ScheduleEntry] {
        entries.map { entry in
            var trigger = entry.cron
            trigger.name = "\(name)-\(trigger.name)"
            // No dispatcher ends a run here, and in a zone whose clock changes a day has a time twice.
            trigger.overlap = .allow
            return ScheduleEntry(
                ScheduleEntry.Plan(agent: "clerk", chapter: nil, priority: .normal, cron: trigger),
                timezone: entry.timezone, zone: entry.zone)
        }
    }

    /// Makes them known at an instant.
    private func enlist(_ entries: [ScheduleEntry], _ ledger: Ledger, at instant: Timestamp) async throws {
        _ = try await scheduler(entries, ledger, BenchClock(at: instant)).fireDue()
    }

    private func scheduler(_ entries: [ScheduleEntry], _ ledger: Ledger, _ time: any TimeSource) -> Scheduler {
        Scheduler(
            schedules: ledger.schedules, budgets: ledger.budgets, time: time,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        ) {
            $0 == "bench" ? nil : ("bench", entries)
        }
    }

    private static var residentMegabytes: Double {
        ProcessFigures(pid: getpid())?.residentMegabytes ?? 0
    }

    private static var cpuNanoseconds: Double { Double(ProcessFigures(pid: getpid())?.cpuNanoseconds ?? 0) }
}

/// A clock that stands still.
private struct BenchClock: TimeSource {
    var now = Timestamp(seconds: 1_790_000_000)

    init() {}

    init(at instant: Timestamp) { now = instant }

    func sleep(until deadline: Timestamp) async throws {}
}

/// A clock on which sleeping takes no time, until its end: there it stands still, and who sleeps waits.
private final class SkippingClock: TimeSource {
    private let instant: Mutex<Timestamp>
    private let end: Timestamp
    private let (ended, told) = AsyncStream.makeStream(of: Void.self)

    init(from start: Timestamp, until end: Timestamp) {
        instant = Mutex(start)
        self.end = end
    }

    var now: Timestamp { instant.withLock { $0 } }

    func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        guard deadline > end else { return instant.withLock { $0 = max($0, deadline) } }
        told.finish()
        try await Task.sleep(for: .seconds(3600))
    }

    func waitForEnd() async { for await _ in ended {} }
}
