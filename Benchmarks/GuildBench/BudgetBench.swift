import Foundation
import GuildDomain
import GuildLedger

/// The budget: what reserving and settling costs beside plain commits.
struct BudgetBench {
    private static let sideBySide = [1, 16, 64]

    let setting: BenchSetting

    func run() async throws {
        let folder = try setting.folder("budget")
        let ledger = try Ledger(at: LedgerLocation(path: folder + "/ledger.sqlite"))
        defer { ledger.close() }
        let worker = try await ledger.workers.register(
            components: ["executor"], version: "bench", now: SystemTime().now)
        let plain = try PlainDatabase(path: folder + "/plain.sqlite")
        var table = MarkdownTable([
            "callers", "calls/s (reserve, settle)", "ledger commits/s", "plain commits/s", "ledger ÷ plain",
        ])
        for count in Self.sideBySide {
            var (rates, plains): ([Double], [Double]) = ([], [])
            for _ in 0..<setting.rounds {
                // In turns, so that a slow moment of the machine falls on both.
                plains.append(try plain.commits(setting.events))
                let lanes = try await BudgetLane.begin(0..<count, in: ledger, worker: worker, now: SystemTime().now)
                let each = max(1, setting.events / count)
                let start = MonotonicClock.now
                try await Self.take(each, of: lanes)
                rates.append(Double(count * each) / (Double(MonotonicClock.now - start) / 1e9))
            }
            let (rate, commits) = (rates.median, plains.median)
            table.add([
                "\(count)", rate.figure, (2 * rate).figure, commits.figure, (2 * rate / max(commits, 0.001)).figure,
            ])
        }
        table.show(title: "Budget: calls reserved and settled")
    }

    private static func take(_ each: Int, of lanes: [BudgetLane]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask {
                    for turn in 0..<each { try await lane.turn(turn + 1, now: SystemTime().now) }
                }
            }
            try await group.waitForAll()
        }
    }
}
