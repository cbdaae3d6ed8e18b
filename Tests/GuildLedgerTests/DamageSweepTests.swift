import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// Every column of every table, damaged in one row: no list and no component fails whole.
@Suite struct DamageSweepTests {
    /// A value that the schema may take and guild never writes.
    struct Damage: Sendable, CustomTestStringConvertible {
        let table: String
        let column: String
        let value: String
        /// The condition of the one row.
        let row: String

        var sql: String { "UPDATE \(table) SET \(column) = \(value) WHERE \(row)" }
        var testDescription: String { "\(table).\(column) = \(value)" }
    }

    /// Tables whose rows belong to everybody, or to nobody: the chain, which has a verification of its own, the schema's
    /// version, the postings, which are immutable, and the rules that all accounts share.
    private static let shared: Set = [
        "audit", "audit_anchors", "audit_bodies", "audit_head", "audit_identity", "audit_nodes", "books_closed",
        "entries",
        "budget_rules", "fair_clock", "retention_marks", "schema_versions", "secret_trust",
    ]

    private static let later = start + .seconds(3600)

    // MARK: A ledger with rows in its tables

    private static func accept(_ names: [String], _ ledger: Ledger, hold: EventHold = .none) async throws {
        var policy = AcceptancePolicy(actor: "test")
        policy.hold = hold
        for name in names { _ = try await ledger.events.accept(.sample(name), policy: policy, now: start) }
    }

    /// Agents `damaged` and `whole`, in this order in every table.
    private static func fill(_ ledger: Ledger) async throws {
        let worker = try await ledger.worker()
        for agent in ["damaged", "whole"] { try await fillRuns(of: agent, ledger, worker) }
        try await waitForTimes(ledger)
        try await accept(["held 1", "held 2"], ledger, hold: .untilIdentityIsKnown)
        try await accept(["inbound 1", "inbound 2"], ledger)
        for name in ["damaged/patrol", "whole/patrol"] {
            let request = FiringRequest(schedule: name, dueAt: start, event: .sample(name))
            try await ledger.schedules.enlist(schedules: [name], since: start - .seconds(60))
            _ = try await ledger.schedules.fire([request], asked: nil, commit: "c0ffee", now: start)
            try await ledger.schedules.pause(
                SchedulePause(target: name, since: start, until: later + .seconds(60), actor: "user:ada", reason: "r"),
                commit: "c0ffee")
        }
        let pairs = ["A", "B"].map {
            SecretPair(reference: "env://\($0)", use: SecretUse(.verify, else: "webhooks/github/\($0)"))
        }
        _ = try await ledger.secrets.meet(pairs, of: "c0ffee", on: .serve, actor: "serve", now: start)
        for commit in ["c0ffee", "decaff"] {
            try await ledger.codex.recordHead(
                commit: commit, accepted: commit == "c0ffee", problems: [], actor: "serve", now: start)
        }
        try await ledger.codex.noteLoading("c0ffee", since: start, by: worker.id)
        try await ledger.write { db in try db.accounts.replaceAlertRecipients(["agent/a": ["x"], "agent/b": ["y"]]) }
        for system in ["damaged", "whole"] {
            try await ledger.events.noteIdentity(of: system, missing: "no token", now: start)
        }
    }

    private static func running(
        _ name: String, _ agent: String, _ ledger: Ledger, _ worker: Worker
    ) async throws -> Invocation {
        try await ledger.queue("\(agent) \(name)", agent: agent)
        return try #require(try await ledger.claim(worker))
    }

    /// One run of each kind: with an action that waits and one that is queued, with a call under way, dead, and one that
    /// waits for its budget.
    private static func fillRuns(of agent: String, _ ledger: Ledger, _ worker: Worker) async throws {
        let acting = try await running("acting", agent, ledger, worker)
        let calls: [ToolCall] = [
            .write(0, name: "\(agent) waits", autonomy: .approve),
            .write(1, name: "\(agent) queued", subject: "acme/\(agent)#1"),
        ]
        try await ledger.turn(of: acting, worker, calls: calls)
        let calling = try await running("calling", agent, ledger, worker)
        _ = try await ledger.invocations.beginTurn(
            .sample(of: calling), of: calling, worker: worker, isSending: true, now: start)
        let dead = try await running("dead", agent, ledger, worker)
        try await ledger.turn(of: dead, worker)
        try await ledger.invocations.end(dead, as: .failed, outcome: "it failed", now: start)
        let poor = try await running("poor", agent, ledger, worker)
        let limit = AccountLimit(
            account: "agent/\(agent)", period: .day, tokens: 1, setting: "tokenBudget.perDay")
        do {
            _ = try await ledger.invocations.beginTurn(
                .sample(of: poor, limits: [limit]), of: poor, worker: worker, now: start)
        } catch let refusal as BudgetExceeded {
            try await ledger.budgets.suspend(poor, refused: refusal, partial: "", now: start)
        }
        _ = try await ledger.budgets.grant(
            GrantRequest(account: .agent(agent), tokens: 1, reason: "more", actor: "user:ada"), now: start)
        _ = try await ledger.budgets.throttle(
            ThrottleRequest(account: .agent(agent), measure: .permille(900), reason: "less", actor: "user:ada"),
            now: start)
        _ = try await ledger.agents.pause(
            agent: agent, reason: "r", until: nil, actor: "user:ada", commit: nil, now: start)
        try await ledger.queue("\(agent) queued", agent: agent)
    }

    /// A window and a decision that wait for a time, of each agent.
    private static func waitForTimes(_ ledger: Ledger) async throws {
        try await accept(["timed 1", "timed 2"], ledger)
        for (agent, message) in zip(["damaged", "whole"], try await ledger.dispatch.inbound(limit: 9, now: start)) {
            let slow = AdmissionTerms.Charge(
                bucket: "agent/\(agent)", rate: Rate(perMinute: 6, burst: 1), unit: .requests, rejects: false)
            let decisions = (0..<3).map { trigger in
                var decision = Decision(
                    rule: "agents/\(agent)#\(trigger)", agent: "timed-\(agent)", outcome: .dispatched, reasons: [],
                    invocation: NewInvocation(
                        id: InvocationID(derivedFrom: [agent, "\(trigger)"]), agent: "timed-\(agent)", chapter: nil,
                        priority: .normal))
                var terms = AdmissionTerms()
                terms.charges = trigger == 0 ? [] : [slow]
                if trigger == 0 {
                    terms.window = DebounceWindow.Terms(key: "k", window: .seconds(5), maxWait: .seconds(9))
                }
                decision.terms = terms
                return decision
            }
            let decided = try await ledger.dispatch.record(message, decisions, commit: "c0ffee", now: start)
            #expect(decided?.map(\.outcome) == [.deferred, .dispatched, .rateLimited])
        }
    }

    // MARK: Everything that reads rows of several owners

    private typealias Read = (name: String, run: @Sendable (Ledger) async throws -> Void)

    private static let lists: [Read] = [
        ("status", { _ = try await $0.reports.status() }),
        ("recent", { _ = try await $0.invocations.recent(limit: 99) }),
        ("pending work", { _ = try await $0.reports.pendingWork(now: later) }),
        ("later work", { _ = try await $0.reports.laterWork(than: start) }),
        ("readiness", { _ = try await $0.reports.readiness() }),
        ("root usage", { _ = try await $0.reports.rootUsage(since: start, until: later) }),
        (
            "usage",
            { ledger in
                for by in UsageGrouping.allCases {
                    _ = try await ledger.reports.usage(by: by, since: start, until: later)
                }
            }
        ), ("usage of agents", { _ = try await $0.reports.usageOfAgents(since: start, until: later) }),
        ("hourly usage", { _ = try await $0.reports.hourlyUsage(since: start, until: later) }),
        ("agent hours", { _ = try await $0.reports.agentHours(since: start, until: later, limit: 99) }),
        ("quiet", { _ = try await $0.reports.isQuiet(root: nil) }),
        ("recent ids", { _ = try await $0.reports.recentIDs() }),
        ("unfinished", { _ = try await $0.invocations.unfinished(limit: 99) }),
        ("left actions", { _ = try await $0.actions.left(limit: 99) }),
        ("cap queues", { _ = try await $0.actions.capQueues() }),
        ("cap releases", { _ = try await $0.actions.capReleases(now: later) }),
        ("awaiting", { _ = try await $0.actions.awaitingApproval() }),
        ("dispatch", { _ = try await $0.dispatch.status(limit: 99, now: later) }),
        ("dead letters", { _ = try await $0.dispatch.deadLetters(limit: 99) }),
        ("waiting events", { _ = try await $0.dispatch.waitingEvents(limit: 99, now: later) }),
        ("senders", { _ = try await $0.dispatch.senderBuckets(limit: 99, now: start) }),
        ("dispatch time", { _ = try await $0.dispatch.nextTime(now: start) }),
        ("recorded", { _ = try await $0.reports.recordedEvents(since: start, after: 0, limit: 99) }),
        ("seen", { _ = try await $0.schedules.seen() }), ("buffered", { _ = try await $0.schedules.buffered() }),
        ("missed", { _ = try await $0.schedules.missedFirings(since: start, limit: 99) }),
        ("schedule pauses", { _ = try await $0.schedules.pauses(at: later) }),
        ("pauses", { _ = try await $0.agents.pauses(now: later) }),
        ("health", { _ = try await $0.agents.health(of: ["damaged", "whole"], now: later) }),
        ("standings", { _ = try await $0.agents.standings(of: ["damaged", "whole"], now: later) }),
        ("secrets", { _ = try await $0.secrets.standings() }), ("heads", { _ = try await $0.codex.lastHeads() }),
        ("commits", { _ = try await $0.codex.commitsInUse() }),
        ("loading", { _ = try await $0.codex.loadingCommits() }),
        ("accounts", { _ = try await $0.budgets.standings(now: later) }),
        ("grants", { _ = try await $0.budgets.grants(now: later) }),
        ("throttles", { _ = try await $0.budgets.throttles(now: later) }),
        ("alerts", { _ = try await $0.budgets.alertsInForce(now: later) }),
        ("entries", { _ = try await $0.budgets.entries(of: .organization, limit: 99) }),
        ("held", { _ = try await $0.events.heldStandings() }),
        ("held events", { _ = try await $0.events.held(system: "cli", limit: 99) }),
        ("audit", { _ = try await $0.audit.log(AuditFilter()) }),
        ("workers", { _ = try await $0.workers.liveProcesses() }), ("dead", { _ = try await $0.workers.dead() }),
    ]

    /// The work of components, which writes. Each step may end the damaged row's own work, and no other.
    private static let work: [Read] = [
        (
            "recover",
            { ledger in
                let worker = try await ledger.worker(later)
                _ = try await ledger.invocations.recoveryNeed(worker: worker, now: later)
                _ = try await ledger.invocations.recover(except: worker, now: later)
                try await ledger.invocations.endDamaged(now: later)
                for _ in 0..<2 {
                    for claimed in try await ledger.invocations.claim(ClaimScope(), upTo: 9, worker: worker, now: later)
                    {
                        try await ledger.invocations.end(claimed.invocation, as: .succeeded, outcome: "", now: later)
                    }
                    _ = try await ledger.actions.claim(
                        root: nil, upTo: 9, worker: worker, charges: { _ in [] }, now: later)
                }
            }
        ),
        (
            "dispatch",
            { ledger in
                for message in try await ledger.dispatch.inbound(limit: 99, now: later) {
                    _ = try await ledger.dispatch.record(message, [], commit: "c0ffee", now: later)
                }
                _ = try await ledger.events.overdueHeld(limit: 99, now: later)
                _ = try await ledger.events.takeHeld(system: "cli", limit: 99, now: later)
            }
        ), ("windows", { ledger in _ = try await ledger.dispatch.dueWindows(limit: 99, now: later) }),
        ("slots", { ledger in _ = try await ledger.dispatch.duePending(limit: 99, now: later) }),
        (
            "heads",
            { try await $0.codex.recordHead(commit: "f00", accepted: true, problems: [], actor: "s", now: later) }
        ),
        (
            "limits",
            { ledger in
                let limits = ["damaged", "whole"].map {
                    AccountLimit(account: "agent/\($0)", period: .day, tokens: 7, setting: "tokenBudget.perDay")
                }
                try await ledger.budgets.noteLimits(
                    limits, rules: BudgetRules(), recipients: ["agent/c": ["z"]], now: later)
            }
        ),
        (
            "secrets",
            { ledger in
                let pair = SecretPair(reference: "env://C", use: SecretUse(.verify, else: "webhooks/github/C"))
                _ = try await ledger.secrets.meet([pair], of: "c0ffee", on: .serve, actor: "serve", now: later)
            }
        ),
        (
            "retention",
            { ledger in
                let plan = RetentionPlan(rawMessages: .seconds(60), policy: "test")
                _ = try await ledger.upkeep.prune(plan, actor: "retention", now: later + .seconds(86_400 * 900))
            }
        ),
    ]

    // MARK: The sweep

    private static func values(of type: String, in table: String) -> [String] {
        switch type {
        case "TEXT": ["'zz'", "CAST(x'FFFE' AS TEXT)"]
        case "BLOB": ["x'00'"]
        // A sum of the roll-ups overflows with it, and a wrong sum would be worse than none.
        case "INTEGER" where ["root_usage", "usage_rollups"].contains(table): ["-7", "-9223372036854775808"]
        default: ["-7", "9223372036854775807", "-9223372036854775808"]
        }
    }

    /// Each column of the first row of each table that has rows.
    private static func damages(_ ledger: Ledger) async throws -> [Damage] {
        try await ledger.read { db in
            let tables = try db.column(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
                as: String.self)
            return try tables.filter { !shared.contains($0) }.flatMap { table -> [Damage] in
                let columns = try db.all("PRAGMA table_info(\(table))") { row in
                    try (name: row["name"] as String, type: row["type"] as String, key: row["pk"] as Int)
                }
                let keys = columns.filter { $0.key > 0 }.sorted { $0.key < $1.key }.map(\.name)
                // Of the accounts an agent's, which has windows and limits.
                let order = table == "accounts" ? ["name"] : keys
                let first = keys.map {
                    "\($0) IS (SELECT \($0) FROM \(table) ORDER BY \(order.joined(separator: ", ")) LIMIT 1)"
                }
                guard try db.holds("SELECT EXISTS (SELECT 1 FROM \(table))") else { return [] }
                return columns.flatMap { column in
                    // The number of a row is where it is, not what it says.
                    column.name == "seq" || column.name == "id" && column.type == "INTEGER"
                        ? []
                        : values(of: column.type, in: table).map {
                            Damage(
                                table: table, column: column.name, value: $0, row: first.joined(separator: " AND "))
                        }
                }
            }
        }
    }

    @Test func `a damaged row fails its own run, account or agent, and no list or component`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(at: folder.location)
        try await Self.fill(ledger)
        let damages = try await Self.damages(ledger)
        try await ledger.upkeep.checkpoint(above: 0)
        ledger.close()
        let tables = Set(damages.map(\.table))
        #expect(tables.count >= 25 && damages.count > 300, "\(tables.sorted())")
        // A third of them shows the kind; `make soak` takes all.
        let stride = ProcessInfo.processInfo.environment["GUILD_SOAK"] == "1" ? 1 : 3
        for (number, damage) in damages.enumerated() where number.isMultiple(of: stride) {
            let copy = try TemporaryFolder()
            try FileManager.default.copyItem(atPath: folder.location.path, toPath: copy.location.path)
            try copy.damage(damage.sql)
            let damaged = try Ledger(at: copy.location)
            defer { damaged.close() }
            for step in Self.lists + Self.work {
                do {
                    try await step.run(damaged)
                } catch {
                    Issue.record("\(step.name) with \(damage.testDescription): \(error)")
                }
            }
        }
    }
}
