import Foundation
import GuildDomain
import GuildLedger

/// The ledger alone: events of 8 KB accepted durably, so many at a time, without HTTP, signature or parsing.
struct LedgerBench {
    private static let sideBySide = [1, 16, 64]

    let setting: BenchSetting

    func run() async throws {
        let folder = try setting.folder("ledger")
        let ledger = try Ledger(at: LedgerLocation(path: folder + "/ledger.sqlite"))
        defer { ledger.close() }
        let payload = try setting.payload()
        var table = MarkdownTable(["at a time", "events/s", "CPU µs per event"])
        for count in Self.sideBySide {
            var (rates, costs): ([Double], [Double]) = ([], [])
            for _ in 0..<setting.rounds {
                let (start, cpu) = (MonotonicClock.now, ProcessFigures.ownNanoseconds)
                let each = max(setting.events * 3 / count, 1)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<count { group.addTask { try await accept(each, lane, payload, ledger) } }
                    try await group.waitForAll()
                }
                let events = Double(count * each)
                rates.append(events / (Double(MonotonicClock.now - start) / 1e9))
                costs.append(Double(ProcessFigures.ownNanoseconds - cpu) / 1000 / events)
            }
            table.add(["\(count)", rates.median.figure, costs.median.figure])
        }
        table.show(title: "The ledger alone, events of 8 KB")
    }

    private func accept(_ count: Int, _ lane: Int, _ payload: [UInt8], _ ledger: Ledger) async throws {
        let time = SystemTime()
        var policy = AcceptancePolicy(actor: "webhook-gateway")
        policy.commit = String(repeating: "0", count: 40)
        policy.queueLimit = .max
        for index in 0..<count {
            let now = time.now
            let delivery = "\(lane) \(index) \(now.microseconds)"
            policy.bodyDigest = ContentDigest.bytes(of: Array(delivery.utf8))
            let event = Event(
                id: EventID(derivedFrom: ["github", "bench", delivery]), source: "/github/acme/shop",
                type: "issues.opened", subject: "acme/shop#42", time: now, system: "github", payload: payload)
            guard case .accepted = try await ledger.events.accept(event, policy: policy, now: now) else {
                throw Failure(.failed, "the ledger did not take an event")
            }
        }
    }
}
