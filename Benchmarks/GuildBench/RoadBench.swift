import Foundation
import GuildDomain
import GuildLedger

/// The whole road with an instant model: a burst of signed webhooks, each an event, a decision, an invocation of two
/// turns and a comment that arrives at the stand-in, all of it recorded.
struct RoadBench {
    private static let connections = 16
    private static let warmUpEvents = 50
    private static let timeoutNanoseconds: UInt64 = 300_000_000_000
    private static let lookMicroseconds: UInt32 = 100_000

    let setting: BenchSetting

    func run() async throws {
        let folder = try setting.folder("road")
        let output = folder + "/stand-in.txt"
        let standIn = try Child([setting.standIn, "--port", "0", "--instant"], output: output)
        defer { standIn.stop() }
        let port = try Child.port(after: "listening ", in: output)
        let repository = try BenchRepository(copying: setting.codex, to: folder + "/repository", standIn: port)
        let path = folder + "/ledger.sqlite"
        let served = try ServedCodex(repository, setting: setting, ledger: path)
        defer { served.child.stop() }
        let ledger = try Ledger(at: LedgerLocation(path: path), mustExist: true)
        defer { ledger.close() }
        let deliveries = try Deliveries(payload: setting.payload())
        let load = LoadGenerator(
            port: served.port, path: "/webhooks/github", connections: Self.connections, deliveries: deliveries)
        deliveries.prepare(setting.events + Self.warmUpEvents)
        _ = try load.run(seconds: 60, limit: Self.warmUpEvents)
        _ = try await finished(Self.warmUpEvents, in: ledger)

        let before = ProcessFigures(pid: served.child.pid)?.cpuNanoseconds ?? 0
        let start = MonotonicClock.now
        let burst = try load.run(seconds: 60, limit: setting.events)
        let end = try await finished(Self.warmUpEvents + setting.events, in: ledger)
        let after = ProcessFigures(pid: served.child.pid)
        let cpu = Double((after?.cpuNanoseconds ?? before) - before) / 1e6 / Double(setting.events)
        let seconds = (actions: Double(end.actions - start) / 1e9, all: Double(end.all - start) / 1e9)
        var table = MarkdownTable([
            "events", "accepted within s", "actions recorded/s", "invocations ended/s", "CPU ms per event", "peak MB",
        ])
        table.add([
            "\(burst.accepted)", burst.seconds.figure, (Double(setting.events) / seconds.actions).figure,
            (Double(setting.events) / seconds.all).figure, cpu.figure, (after?.peakMegabytes ?? 0).figure,
        ])
        table.show(title: "From a signed webhook to a recorded action, a burst")
    }

    /// Waits until that many actions, and then invocations, have succeeded.
    private func finished(_ count: Int, in ledger: Ledger) async throws -> (actions: UInt64, all: UInt64) {
        let deadline = MonotonicClock.now + Self.timeoutNanoseconds
        var actions: UInt64?
        while MonotonicClock.now < deadline {
            let status = try await ledger.status()
            let now = MonotonicClock.now
            if status.actionsByState["succeeded"] ?? 0 >= count { actions = actions ?? now }
            if let actions, status.invocationsByState["succeeded"] ?? 0 >= count { return (actions, now) }
            usleep(Self.lookMicroseconds)
        }
        throw Failure(.failed, "\(count) events were not through within 300 s")
    }
}
