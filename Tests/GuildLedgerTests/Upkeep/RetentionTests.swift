import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

private let hour = Duration.seconds(3600)
private let day = Duration.seconds(86_400)
private let policy = AcceptancePolicy(actor: "tester")

extension RetentionPlan {
    fileprivate static func keeping(
        _ raw: Duration, metrics: Duration? = nil, audit: Duration? = nil, dedup: Duration = day
    ) -> RetentionPlan {
        var plan = RetentionPlan(
            rawMessages: raw, aggregatedMetrics: metrics, auditLogs: audit, policy: "policies/privacy.yaml:3")
        plan.dedupWindow = dedup
        return plan
    }
}

extension UpkeepLedger {
    fileprivate func prune(_ plan: RetentionPlan, at now: Timestamp) async throws -> RetentionReport {
        try await prune(plan, actor: "retention", now: now)
    }
}

extension Ledger {
    /// Accepts an event that nobody wants, and decides so.
    fileprivate func pass(_ event: Event, digest: [UInt8]? = nil, at now: Timestamp) async throws {
        var policy = policy
        policy.bodyDigest = digest
        _ = try await events.accept(event, policy: policy, now: now)
        for message in try await dispatch.inbound(limit: 1000, now: now) where message.event.id == event.id {
            let decision = Decision(rule: "", agent: "", outcome: .unrouted, reasons: ["the colour is ultramarine"])
            _ = try await dispatch.record(message, [decision], commit: "c0ffee", now: now)
        }
    }

    /// Everything that any row of a table holds, as text.
    fileprivate func dump() async throws -> String {
        try await read { db in
            let tables = try db.column(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", as: String.self)
            return try tables.map { table in
                try db.all("SELECT * FROM \(table)") { row in
                    (0..<row.source.columnCount).map { Self.text(row.value($0)) }.joined(separator: " ")
                }.joined(separator: "\n")
            }.joined(separator: "\n")
        }
    }

    private static func text(_ value: StoredValue) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .text(let text): text
        case .blob(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct RetentionTests {
    @Test func `an old event that set nothing going goes whole, a younger one stays`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.pass(.sample("old"), at: start)
            try await ledger.pass(.sample("young"), at: start + hour)
            let plan = RetentionPlan.keeping(hour)
            #expect(try await ledger.upkeep.prune(plan, at: start + hour).isEmpty)
            let now = start + .seconds(3601)
            #expect(try await ledger.upkeep.prunable(plan, now: now).eventsDeleted == 1)
            #expect(try await ledger.events.find(Event.sample("old").id) != nil)
            let report = try await ledger.upkeep.prune(plan, at: now)
            #expect(report.eventsDeleted == 1)
            #expect(report.isComplete)
            #expect(try await ledger.events.find(Event.sample("old").id) == nil)
            #expect(try await ledger.events.find(Event.sample("young").id) != nil)
            for table in ["events", "decisions", "inbox"] {
                #expect(try await ledger.count("SELECT count(*) FROM \(table)") == 1)
            }
            #expect(try await ledger.auditKinds().last == "operator.command")
            #expect(try await ledger.text("SELECT subject FROM audit ORDER BY seq DESC") == "retention")
            #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
        }
    }

    @Test func `the id of a deleted event is known until its window is over`() async throws {
        try await withLedger { ledger async throws in
            let event = Event.sample("once")
            try await ledger.pass(event, at: start)
            _ = try await ledger.upkeep.prune(.keeping(hour), at: start + hour + hour)
            #expect(try await ledger.events.find(event.id) == nil)
            let late = start + day - .seconds(1)
            #expect(try await ledger.events.accept(event, policy: policy, now: late) == .duplicate(event.id))
            #expect(try await ledger.events.accept(event, policy: policy, now: start + day) == .accepted(event.id))
            #expect(try await ledger.upkeep.prune(.keeping(hour), at: start + day).digests == 1)
        }
    }

    @Test func `one that is deleted after its window leaves no id behind`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.pass(.sample("old"), digest: ContentDigest.bytes(of: [1]), at: start)
            let report = try await ledger.upkeep.prune(.keeping(hour), at: start + day + hour)
            #expect(report.eventsDeleted == 1)
            #expect(report.digests == 1)
            #expect(try await ledger.count("SELECT count(*) FROM dedup") == 0)
        }
    }

    @Test func `what waits for the dispatcher or is under way stays, however old`() async throws {
        try await withLedger { ledger async throws in
            _ = try await ledger.events.accept(.sample("undecided"), policy: policy, now: start)
            let worker = try await ledger.worker()
            let waiting = try await ledger.running("waiting", worker)
            try await ledger.turn(of: waiting, worker, calls: [.write(0, name: "c", autonomy: .approve)])
            let running = try await ledger.running("running", worker)
            try await ledger.pass(.sample("child", cause: running.event, root: running.root), at: start)
            let later = start + day + day
            #expect(try await ledger.upkeep.prune(.keeping(hour), at: later).eventsErased == 0)
            #expect(try await ledger.count("SELECT count(*) FROM events WHERE erased_at IS NULL") == 4)
            try await ledger.invocations.end(running, as: .succeeded, outcome: "done", now: later)
            // It ended only now: it is kept for as long as anything else.
            #expect(try await ledger.upkeep.prune(.keeping(hour), at: later).isEmpty)
            let report = try await ledger.upkeep.prune(.keeping(hour), at: later + hour + hour)
            #expect(report.eventsErased == 1)
            #expect(report.eventsDeleted == 1)
        }
    }

    @Test func `what an invocation heard and said is erased, what it did and cost stays`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let secret = "ultramarine"
            let event = Event.sample("run", payload: "{\"colour\":\"\(secret)\"}")
            _ = try await ledger.events.accept(event, policy: policy, now: start)
            let message = try #require(try await ledger.dispatch.inbound(limit: 9, now: start).first)
            let id = InvocationID(derivedFrom: ["i"])
            let decision = Decision(
                rule: "r", agent: "ranger", outcome: .dispatched, reasons: [secret],
                invocation: NewInvocation(
                    id: id, agent: "ranger", chapter: nil, priority: .normal, options: ["prompt": .string(secret)]))
            _ = try await ledger.dispatch.record(message, [decision], commit: "c0ffee", now: start)
            let invocation = try #require(try await ledger.claim(worker))
            var call = ToolCall.write(0, name: "a")
            call.arguments = ["body": .string(secret)]
            call.action?.arguments = call.arguments
            call.action?.reason = secret
            var read = ToolCall.read(1)
            (read.arguments, read.result) = (["q": .string(secret)], secret)
            let plan = TurnPlan.sample(of: invocation)
            let reservation = try await ledger.invocations.beginTurn(
                plan, of: invocation, worker: worker, isSending: true, now: start)
            _ = try await ledger.invocations.recordAnswer(
                TurnAnswer(
                    delta: ["text": .string(secret)], stop: "tool", origin: nil,
                    usage: TokenUsage(input: 90, output: 40), calls: [call, read]),
                plan: plan, reservation: reservation, of: invocation, waitUntil: start, now: start)
            let action = try #require(try await ledger.claimAction(worker))
            try await ledger.actions.finish(action, succeeded: false, result: secret, waitUntil: start, now: start)
            let again = try #require(try await ledger.claim(worker))
            try await ledger.invocations.end(again, as: .succeeded, outcome: secret, now: start)
            #expect(try await ledger.dump().contains(secret))

            let report = try await ledger.upkeep.prune(.keeping(hour, audit: hour), at: start + day)
            #expect(report.eventsErased == 1)
            #expect(report.auditBodies > 0)
            #expect(try await !ledger.dump().contains(secret))
            let trace = try #require(try await ledger.reports.trace(of: event.id))
            #expect(trace.erasedAt == start + day)
            #expect(try await ledger.events.shown(event.id)?.erasedAt == start + day)
            #expect(try await ledger.audit.log(AuditFilter()).contains { $0.body == nil && !$0.isBodyDamaged })
            #expect(trace.invocations.first?.invocation.usage == TokenUsage(input: 90, output: 40))
            #expect(trace.invocations.first?.actions.first?.action.state == .failed)
            #expect(trace.decisions.map(\.outcome) == ["dispatched"])
            #expect(try await ledger.unbalancedEntries() == 0)
            #expect(
                try await ledger.events.accept(event, policy: policy, now: start + day + day) == .duplicate(event.id))
            #expect(try await ledger.upkeep.prune(.keeping(hour, audit: day), at: start + day).isEmpty)
        }
    }

    @Test func `metrics and notifications go by their own age`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("run", worker)
            try await ledger.turn(of: invocation, worker)
            try await ledger.invocations.end(invocation, as: .succeeded, outcome: "", now: start)
            let early = start + .seconds(86_400 * 10)
            #expect(try await ledger.upkeep.prune(.keeping(day + day), at: early).metrics == 0)
            // The hours that budgets may be counted from stay in any case.
            #expect(try await ledger.upkeep.prune(.keeping(day, metrics: day), at: early).metrics == 1)
            let later = start + .seconds(86_400 * 70)
            #expect(
                try await ledger.upkeep.prune(.keeping(day, metrics: .seconds(86_400 * 80)), at: later).metrics == 0)
            #expect(try await ledger.upkeep.prune(.keeping(day, metrics: day), at: later).metrics == 2)
            #expect(try await ledger.count("SELECT count(*) FROM usage_rollups") == 0)
            #expect(try await ledger.count("SELECT count(*) FROM root_usage") == 0)
            #expect(try await ledger.budgets.verify(now: later).findings == [])
        }
    }

    @Test func `workers that ended long ago are forgotten, others not`() async throws {
        try await withLedger { ledger async throws in
            let (gone, here) = (try await ledger.worker(), try await ledger.worker())
            try await ledger.workers.unregister(gone, now: start)
            let plan = RetentionPlan.keeping(hour)
            #expect(try await ledger.upkeep.prune(plan, at: start + day).workers == 0)
            #expect(try await ledger.upkeep.prune(plan, at: start + .seconds(86_400 * 8)).workers == 1)
            #expect(try await ledger.workers.registered() == [here.id])
        }
    }

    @Test func `a file goes with the last row that names it`() async throws {
        try await withLedger { ledger async throws in
            for (name, age) in [("one", 0), ("two", 3600)] {
                try await ledger.pass(.sample(name, payload: Ledger.large("x")), at: start + .seconds(age))
            }
            try await ledger.pass(.sample("other", payload: Ledger.large("y")), at: start)
            #expect(ledger.bodies.files().count == 2)
            #expect(try await ledger.upkeep.prune(.keeping(hour), at: start + .seconds(3700)).bodyFiles == 1)
            #expect(try await ledger.events.find(Event.sample("two").id)?.payload.count == 70_002)
            #expect(try await ledger.upkeep.prune(.keeping(hour), at: start + .seconds(7300)).bodyFiles == 1)
            #expect(ledger.bodies.files() == [])
        }
    }

    @Test func `a file that a writer is about to name stays, one that a crash left goes`() async throws {
        try await withLedger { ledger async throws in
            let body = Array(Ledger.large("x").utf8)
            try await ledger.bodies.storing(body) { stored in
                let report = try await ledger.upkeep.prune(.keeping(hour), at: start)
                #expect(report.bodyFiles == 0)
                #expect(!report.isComplete)
                #expect(try ledger.bodies.load(stored) == body)
            }
            let half = ledger.bodies.path(of: ContentDigest.hex(of: body)) + ".17.new"
            try Data("half".utf8).write(to: URL(fileURLWithPath: half))
            #expect(try await ledger.upkeep.prune(.keeping(hour), at: start).bodyFiles == 2)
            #expect(ledger.bodies.files() == [])
        }
    }

    @Test func `writers and sweeps at once lose no body`() async throws {
        try await withTwoLedgers { one, two async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<3 {
                    group.addTask {
                        for number in 0..<30 {
                            // Few bodies, named again and again by new events while the old ones go.
                            let letter: Character = number.isMultiple(of: 2) ? "a" : "b"
                            let now = start + .seconds(number * 3600)
                            try await one.pass(
                                .sample("\(lane) \(number)", payload: Ledger.large(letter)), at: now)
                        }
                    }
                }
                group.addTask {
                    for number in 0..<40 {
                        _ = try await two.upkeep.prune(.keeping(hour), at: start + .seconds(number * 3600))
                    }
                }
                try await group.waitForAll()
            }
            let finding = try await one.upkeep.bodyFinding()
            #expect(finding.status != .failed, "\(finding.problems)")
        }
    }

    @Test func `of two that keep house at once one does`() async throws {
        try await withTwoLedgers { one, two async throws in
            try await one.pass(.sample("old"), at: start)
            let lock = try FileLock(path: one.location.housekeepingPath)
            let isFree = lock.tryLock()
            #expect(isFree)
            let plan = RetentionPlan.keeping(hour)
            #expect(try await two.upkeep.keepHouse(plan, actor: "retention", now: start + day) == nil)
            lock.unlock()
            #expect(try await two.upkeep.keepHouse(plan, actor: "retention", now: start + day)?.eventsDeleted == 1)
        }
    }

    @Test func `an end to the time ends it between batches, and the next call goes on`() async throws {
        try await withLedger { ledger async throws in
            for number in 0..<12 { try await ledger.pass(.sample("\(number)"), at: start) }
            let plan = RetentionPlan.keeping(hour)
            let stopped = try await ledger.upkeep.prune(plan, actor: "retention", now: start + day) { false }
            #expect(!stopped.isComplete)
            #expect(stopped.isEmpty)
            #expect(try await ledger.upkeep.prune(plan, at: start + day).eventsDeleted == 12)
        }
    }
}
