import Foundation
import GuildCodex
import GuildConnectors
import GuildControl
import GuildDomain
import GuildLedger
import Logging

/// The dispatcher: how many events it decides in a second, by the rule alone and with the ledger's commit.
struct DispatchBench {
    private let setting: BenchSetting

    init(setting: BenchSetting) { self.setting = setting }

    func run() async throws {
        let folder = try setting.folder("dispatch")
        let systems = SystemRegistry.standard.catalogue()
        let snapshot = try CodexLoader.load(folder: setting.codex, systems: systems).get()
        let codex = CurrentCodex(snapshot) { _ in throw Failure(.unavailable, "one commit only") }
        let ledger = try Ledger(at: LedgerLocation(path: folder + "/ledger.sqlite"))
        defer { ledger.close() }
        let payload = try setting.payload()
        var (bare, durable): ([Double], [Double]) = ([], [])
        for round in 0..<setting.rounds {
            let events = events(payload, round: round)
            bare.append(try decide(events, by: snapshot))
            durable.append(try await dispatch(events, by: codex, ledger))
        }
        var table = MarkdownTable(["decisions", "per second"])
        table.add(["by the rules alone", bare.median.figure])
        table.add(["with the ledger's commit", durable.median.figure])
        table.show(title: "The dispatcher, events of 8 KB, one process")
    }

    private func events(_ payload: [UInt8], round: Int) -> [Event] {
        let now = SystemTime().now
        return (0..<setting.events).map { index in
            var event = Event(
                id: EventID(derivedFrom: ["dispatch", "\(round)", "\(index)", "\(now.microseconds)"]),
                source: "/github/acme/shop", type: "issues.opened", subject: "acme/shop#\(index)", time: now,
                system: "github", payload: payload)
            event.guildEvent = "ISSUE_OPENED"
            return event
        }
    }

    /// Reads, routes and admits each, and keeps nothing.
    private func decide(_ events: [Event], by snapshot: CodexSnapshot) throws -> Double {
        let (router, policy, now) = (Router(snapshot), AdmissionPolicy(snapshot), SystemTime().now)
        var book = MemoryBook()
        let start = MonotonicClock.now
        for event in events {
            let routed = policy.applied(to: router.decide(event, now: now), of: event)
            guard try Decision.admitted(routed, in: &book, now: now).contains(where: { $0.outcome == .dispatched })
            else { throw Failure(.failed, "the benchmark's codex has no trigger for its own event") }
        }
        return Double(events.count) / (Double(MonotonicClock.now - start) / 1e9)
    }

    private func dispatch(_ events: [Event], by codex: CurrentCodex, _ ledger: Ledger) async throws -> Double {
        var policy = AcceptancePolicy(actor: "webhook-gateway")
        policy.queueLimit = .max
        let time = SystemTime()
        for chunk in stride(from: 0, to: events.count, by: 64) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for event in events[chunk..<min(chunk + 64, events.count)] {
                    group.addTask { [policy] in _ = try await ledger.events.accept(event, policy: policy, now: time.now)
                    }
                }
                try await group.waitForAll()
            }
        }
        let dispatcher = Dispatcher(
            dispatch: ledger.dispatch, events: ledger.events, budgets: ledger.budgets, codex: codex, time: time,
            logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }))
        let start = MonotonicClock.now
        while try await dispatcher.dispatchWaiting() > 0 {}
        return Double(events.count) / (Double(MonotonicClock.now - start) / 1e9)
    }
}
