import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport

/// Sends events to a running guild while its processes are killed with -9, then lets it finish and judges.
///
///     start ─▶ deliver, wait for the aim's count ─▶ freeze ─▶ look ─▶ kill ─▶ start again …  ─▶ drain ─▶ Verdict
///
/// Between freeze and kill nothing moves, so that where the kill fell is known and not guessed.
struct CrashHarness {
    /// Freezes that miss a commit before the harness gives up on hitting one.
    private static let triesLimit = 2000
    private static let missesPerDelivery = 6

    private let folder: String
    private let plan: KillPlan
    private let standIn: StandInSteering
    private let feed = Feed()
    private var site: Site
    private(set) var kills: [Kill] = []
    private var problems: [String] = []

    init(_ plan: KillPlan, in folder: String) async throws {
        self.folder = folder
        self.plan = plan
        standIn = try await StandInSteering.start(in: folder)
        site = try Site(in: folder)
        try await CrashCodex.make(in: site.codex, standIn: standIn.process.baseURL)
    }

    mutating func run() async throws -> Verdict {
        for (index, planned) in plan.kills.enumerated() {
            if planned.aim == .idle, index > 0 { try await site.drain() }
            try await site.start(planned.layout.parts)
            try await attempt(planned, number: index)
        }
        try await finish()
        return try await Verdict(
            site: site, arrivals: Arrivals(standIn.logPath), kills: kills, feed: feed, problems: problems)
    }

    /// Takes up what no answer came for, ends in good order, and does what is left.
    private mutating func finish() async throws {
        try await standIn.forgetScript()
        try await site.start(Layout.together.parts)
        await feed.send(0, to: site.port)
        try await site.terminate()
        try await site.drain()
    }

    /// One kill, with what the harness was waiting for where that never came.
    private mutating func attempt(_ planned: PlannedKill, number: Int) async throws {
        do {
            try await round(planned, number: number)
        } catch {
            throw Failure(.failed, "kill \(number), \(planned.layout), \(planned.aim): \(error)")
        }
    }

    private mutating func round(_ planned: PlannedKill, number: Int) async throws {
        let gate = "round-\(number)"
        try await prepare(planned.aim, gate)
        let (port, before) = (site.port, feed.receipts.count)
        let writes = try FileWatch(site.ledgerPath + "-wal")
        let tail = try LogTail(behind: standIn.logPath)
        let feeding = Task { [feed] in
            guard planned.aim != .idle else { return }
            await feed.send(planned.deliveries, to: port)
        }
        try await wait(for: planned.aim, gate: gate, acknowledged: before, writes: writes, tail: tail)
        let topUps = try await strike(planned, writes)
        try await standIn.release(gate)
        for task in topUps + [feeding] { await task.value }
    }

    private func prepare(_ aim: Aim, _ gate: String) async throws {
        switch aim {
        case .modelCall(let afterEvents): try await standIn.holdModelCall(at: gate, afterEvents: afterEvents)
        case .send(let afterEffect): try await standIn.holdComment(at: gate, afterEffect: afterEffect)
        default: try await standIn.forgetScript()
        }
    }

    private func wait(
        for aim: Aim, gate: String, acknowledged before: Int, writes: FileWatch, tail: LogTail
    ) async throws {
        switch aim {
        case .idle: break
        case .commit(let count), .writes(let count): try await blocking { try writes.wait(writes: count) }
        case .modelCall, .send: try await standIn.arrival(at: gate)
        case .acknowledgements(let count): await feed.acknowledgements(count, since: before)
        case .modelRequests(let count):
            try await blocking { [standIn] in try standIn.wait(requests: count, of: .model, since: tail) }
        case .githubRequests(let count):
            try await blocking { [standIn] in try standIn.wait(requests: count, of: .github, since: tail) }
        }
    }

    /// Freezes all, looks, kills, and lets the others go on.
    ///
    /// - Returns: the deliveries that were sent beside the planned ones.
    private mutating func strike(_ planned: PlannedKill, _ writes: FileWatch) async throws -> [Task<Void, Never>] {
        let parts = victims(planned)
        let processes = Set(parts.compactMap { site.processes[$0]?.processID })
        let (writer, topUps) = try await freeze(planned.aim, processes, writes)
        let (acknowledged, inFlight) = (feed.receipts.count, feed.inFlight)
        let copy = try LedgerCopy(of: site.ledgerPath, in: folder + "/copy")
        try await site.kill(parts)
        let isWriter = writer.map(processes.contains) ?? false
        // A transaction whose last frame is in the log but not yet in the shared index counts for who opens the ledger
        // anew, and does not count for those that had it open: where there are such, theirs is the sight to take.
        let sight =
            isWriter && !site.processes.isEmpty ? try await LedgerSight(site.ledgerPath) : try await copy.look()
        site.thaw()
        if sight.events < acknowledged {
            problems.append("kill \(kills.count): \(acknowledged) events acknowledged, \(sight.events) in the ledger")
        }
        let work = sight.work.filter { processes.contains($0.processID) }
        let unanswered = parts.contains(where: \.listens) ? inFlight : 0
        var places: Set<Place> = []
        if isWriter { places.insert(.commit) }
        if work.contains(where: { !$0.calls.isEmpty }) { places.insert(.modelCall) }
        if work.contains(where: { !$0.sends.isEmpty }) { places.insert(.send) }
        if places.isEmpty { places = [sight.isQuiet && unanswered == 0 ? .idle : .between] }
        kills.append(
            Kill(
                planned: planned, parts: parts, places: places, calls: work.reduce(0) { $0 + $1.calls.count },
                sends: work.reduce(into: []) { $0.formUnion($1.sends) }))
        return topUps
    }

    /// - Returns: the process that is inside a write transaction, and the deliveries that it took to find one there;
    ///   for the aim of a commit it is one of `processes`.
    private func freeze(
        _ aim: Aim, _ processes: Set<pid_t>, _ writes: FileWatch
    ) async throws -> (writer: pid_t?, topUps: [Task<Void, Never>]) {
        var topUps: [Task<Void, Never>] = []
        for miss in 1...Self.triesLimit {
            try site.freeze()
            let writer = try LedgerCopy.writer(of: site.ledgerPath)
            guard case .commit = aim, !(writer.map(processes.contains) ?? false) else { return (writer, topUps) }
            site.thaw()
            let isSilent = try await blocking { try !writes.waitForWriteOrSilence() }
            // One more delivery, lest there be nothing left to commit.
            if isSilent || miss.isMultiple(of: Self.missesPerDelivery) {
                topUps.append(Task { [feed, port = site.port] in await feed.send(1, to: port) })
            }
        }
        throw Failure(.failed, "no freeze of \(Self.triesLimit) fell into a commit")
    }

    /// Who dies: what the aim is about, or any one, or all.
    private func victims(_ planned: PlannedKill) -> [Part] {
        let parts = planned.layout.parts
        guard parts.count > 1, !planned.killsAll else { return parts }
        switch planned.aim {
        case .modelCall: return [.executor]
        case .send: return [.actionExecutor]
        default: return [parts[planned.turn % parts.count]]
        }
    }
}
