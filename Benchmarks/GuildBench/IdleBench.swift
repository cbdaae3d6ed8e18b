import Foundation
import GuildDomain

/// What `guild serve` takes while nothing happens, over the sample codex.
struct IdleBench {
    /// Until the threads of the start have ended: a thread takes its counts with it.
    private static let settleSeconds: UInt32 = 15
    private static let measuredSeconds: UInt32 = 20

    let setting: BenchSetting

    func run() throws {
        let folder = try setting.folder("idle")
        let repository = try BenchRepository(copying: setting.assets + "/../codex", to: folder + "/repository")
        let served = try ServedCodex(repository, setting: setting, ledger: folder + "/ledger.sqlite")
        defer { served.child.stop() }
        sleep(Self.settleSeconds)
        let start = MonotonicClock.now
        guard let before = ProcessFigures(pid: served.child.pid) else { throw Failure(.failed, "guild serve ended") }
        sleep(Self.measuredSeconds)
        guard let after = ProcessFigures(pid: served.child.pid) else { throw Failure(.failed, "guild serve ended") }
        let elapsed = Double(MonotonicClock.now - start)
        guard after.cpuNanoseconds >= before.cpuNanoseconds, after.wakeUps >= before.wakeUps else {
            throw Failure(.failed, "threads of guild serve ended while it was measured", hint: "run this part again")
        }
        let share = Double(after.cpuNanoseconds - before.cpuNanoseconds) / elapsed
        var table = MarkdownTable(["resident MB", "at its peak", "CPU", "wake-ups a second"])
        table.add([
            after.residentMegabytes.figure, after.peakMegabytes.figure, String(format: "%.3f %%", share * 100),
            (Double(after.wakeUps - before.wakeUps) / (elapsed / 1e9)).figure,
        ])
        table.show(title: "guild serve, idle for \(Self.measuredSeconds) s")
    }
}
