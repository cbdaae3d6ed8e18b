import Foundation
import GuildDomain
import GuildLedger

/// The whole road with an instant model: signed webhooks, each an event, a decision, an invocation of two turns and a
/// comment that arrives at the stand-in, all of it recorded.
///
/// First a burst, for what a run costs; then one event at a time, for how long a run takes where nothing else happens;
/// then two short bursts under strace, whose difference is what a run asks of the kernel.
struct RoadBench {
    private static let connections = 16
    private static let warmUpEvents = 50
    private static let singleEvents = 60
    private static let tracedEvents = [50, 250]
    private static let shownCalls = 12

    let setting: BenchSetting

    func run() async throws {
        try await burst()
        try await single()
        try await trace()
    }

    private func burst() async throws {
        let road = try OpenRoad(setting: setting, folder: "burst")
        defer { road.close() }
        let events = setting.events
        let load = road.load(connections: Self.connections, events: events + Self.warmUpEvents)
        _ = try load.run(seconds: 60, limit: Self.warmUpEvents)
        _ = try await road.finished(Self.warmUpEvents)
        try await road.ledger.upkeep.checkpoint(above: 0)

        let before = RoadFigures(road)
        let bytes = try await road.ledger.reports.status().bytes
        let start = MonotonicClock.now
        let result = try load.run(seconds: 60, limit: events)
        try await road.quiet()
        let end = try await road.finished(Self.warmUpEvents + events)
        let after = RoadFigures(road)
        try await road.ledger.upkeep.checkpoint(above: 0)
        let grown = try await road.ledger.reports.status().bytes - bytes

        func each(_ value: Double) -> Double { value / Double(events) }
        let served = after.serve - before.serve
        let whole = served + (after.others - before.others)
        var table = MarkdownTable([
            "events", "accepted within s", "actions recorded/s", "invocations ended/s", "`serve`: user ms a run",
            "system ms", "both", "with load and stand-in", "peak MB", "file KB a run", "written KB a run",
        ])
        table.add([
            "\(result.accepted)", result.seconds.figure,
            (Double(events) / (Double(end.actions - start) / 1e9)).figure,
            (Double(events) / (Double(end.all - start) / 1e9)).figure, each(served.userSeconds * 1000).figure,
            each(served.systemSeconds * 1000).figure, each(served.seconds * 1000).figure,
            each(whole.seconds * 1000).figure, (ProcessFigures(pid: road.pid)?.peakMegabytes ?? 0).figure,
            each(Double(grown) / 1000).figure, each(Double(after.written - before.written) / 1000).figure,
        ])
        table.show(title: "From a signed webhook to a recorded action, a burst")
    }

    private func single() async throws {
        let road = try OpenRoad(setting: setting, folder: "single")
        defer { road.close() }
        let load = road.load(connections: 1, events: Self.singleEvents + Self.warmUpEvents)
        _ = try load.run(seconds: 60, limit: Self.warmUpEvents)
        _ = try await road.finished(Self.warmUpEvents)
        road.ledger.watch()
        var action: [Double] = []
        var whole: [Double] = []
        for number in 1...Self.singleEvents {
            let start = MonotonicClock.now
            _ = try load.run(seconds: 60, limit: 1)
            let end = try await road.finished(Self.warmUpEvents + number)
            action.append(Double(end.actions - start) / 1e6)
            whole.append(Double(end.all - start) / 1e6)
        }
        var table = MarkdownTable(["to", "p50 ms", "p90 ms", "least ms"])
        for (name, times) in [("the recorded action", action), ("the run's end", whole)] {
            let sorted = times.sorted()
            table.add([name, times.median.figure, sorted[sorted.count * 9 / 10].figure, sorted[0].figure])
        }
        table.show(title: "One webhook at a time, seen by another process that follows the ledger")
    }

    private func trace() async throws {
        guard SystemCalls.canTrace else {
            return Output.show("strace is not installed, so system calls were not counted: apt-get install strace\n")
        }
        var reports: [SystemCalls] = []
        for events in Self.tracedEvents {
            let report = "\(setting.work)/road-\(events).strace"
            let road = try OpenRoad(
                setting: setting, folder: "traced-\(events)", under: SystemCalls.prefix(report: report))
            let load = road.load(connections: Self.connections, events: events)
            _ = try load.run(seconds: 60, limit: events)
            _ = try await road.finished(events)
            road.close()
            guard let calls = SystemCalls(report: report) else { throw Failure(.failed, "strace wrote no report") }
            reports.append(calls)
        }
        let runs = Double(Self.tracedEvents[1] - Self.tracedEvents[0])
        let calls = reports[1].beyond(reports[0])
        var table = MarkdownTable(["system call", "a run"])
        table.add(["all", (Double(calls.total) / runs).figure])
        for (name, count) in calls.counts.prefix(Self.shownCalls) {
            table.add(["`\(name)`", (Double(count) / runs).figure])
        }
        table.show(title: "System calls of `guild serve`, by the difference of two bursts under strace")
    }
}

/// `guild serve` between the load generator and the stand-in, with its ledger open here too.
struct OpenRoad {
    private static let timeoutNanoseconds: UInt64 = 300_000_000_000
    private static let look = Duration.milliseconds(100)

    let ledger: Ledger
    let standIn: Child
    private let served: ServedCodex
    private let deliveries: Deliveries

    var pid: pid_t { served.child.pid }

    /// - Parameter under: a command that runs `guild serve`, and before which it stands.
    init(setting: BenchSetting, folder name: String, under: [String] = []) throws {
        let folder = try setting.folder(name)
        let output = folder + "/stand-in.txt"
        standIn = try Child([setting.standIn, "--port", "0", "--instant"], output: output)
        let port = try Child.port(after: "listening ", in: output)
        let repository = try BenchRepository(copying: setting.codex, to: folder + "/repository", standIn: port)
        let path = folder + "/ledger.sqlite"
        served = try ServedCodex(repository, setting: setting, ledger: path, under: under)
        ledger = try Ledger(at: LedgerLocation(path: path), mustExist: true)
        deliveries = try Deliveries(payload: setting.payload())
    }

    func close() {
        ledger.close()
        served.child.stop()
        standIn.stop()
    }

    /// A generator with so many deliveries ready.
    func load(connections: Int, events: Int) -> LoadGenerator {
        deliveries.prepare(events)
        return LoadGenerator(
            port: served.port, path: "/webhooks/github", connections: connections, deliveries: deliveries)
    }

    /// Waits until nothing is left to do. To count all rows each time would cost more than it measures.
    func quiet() async throws {
        while try await !ledger.reports.isQuiet(root: nil) { try await Task.sleep(for: Self.look / 4) }
    }

    /// Waits until that many actions, and then invocations, have succeeded. Looks when the ledger is written to, if it is
    /// watched, and at the latest each 100 ms.
    func finished(_ count: Int) async throws -> (actions: UInt64, all: UInt64) {
        let deadline = MonotonicClock.now + Self.timeoutNanoseconds
        let time = SystemTime()
        let signal = ledger.signal(.outcomes)
        var actions: UInt64?
        while MonotonicClock.now < deadline {
            let seen = signal.generation
            let status = try await ledger.reports.status()
            let now = MonotonicClock.now
            if status.actionsByState["succeeded"] ?? 0 >= count { actions = actions ?? now }
            if let actions, status.invocationsByState["succeeded"] ?? 0 >= count { return (actions, now) }
            await signal.wait(after: seen, until: time.now + Self.look, time: time)
        }
        throw Failure(.failed, "\(count) events were not through within 300 s")
    }
}

/// What the processes of the road have used so far.
private struct RoadFigures {
    let serve: ProcessorTime
    /// The stand-in and the load generator, which is this process.
    let others: ProcessorTime
    let written: Int64

    init(_ road: OpenRoad) {
        serve = .of(road.pid)
        others = .of(road.standIn.pid) + .own
        written = ProcessFigures.writtenBytes(road.pid)
    }
}
