import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// What a damaged file, or somebody else's program, leaves in the ledger.
@Suite struct DamageTests {
    /// Stored payloads that nobody can read.
    private static let bodies = [
        "x'01'", "x'0128B52FFD0000'", "CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)",
    ]

    @Test(arguments: bodies)
    func `a payload that cannot be read is the fault of its event, which has a name`(body: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let text = "{\"text\": \"" + String(repeating: "a long payload. ", count: 50) + "\"}"
            let event = Event.sample("damaged", payload: text)
            _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "test"), now: start)
            try folder.damage("UPDATE events SET body = \(body)")
            let fault = await #expect(throws: RowFault.self) { try await ledger.events.find(event.id) }
            #expect(fault?.message.contains("event \(event.id)") == true)
            #expect(fault?.message.contains("table 'events'") == true)
            let message = try #require(try await ledger.dispatch.inbound(limit: 1, now: start).first)
            #expect(message.damage == fault?.message)
            // A person is shown the rest of it.
            let shown = try #require(try await ledger.events.shown(event.id))
            #expect(shown.event.type == event.type)
            #expect(shown.event.payload.isEmpty)
            #expect(shown.damage == [try #require(fault).message])
            let found = try await ledger.upkeep.check(now: start).first { $0.part == .bodies }
            #expect(found?.status == .failed)
            #expect(found?.problems == [try #require(fault).message])
        }
    }

    @Test func `a payload that another one has replaced is found by the digest of its acceptance`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            _ = try await ledger.events.accept(
                .sample("changed"), policy: AcceptancePolicy(actor: "test"), now: start)
            #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
            try folder.damage("UPDATE events SET body = x'005B5D'")
            let problems = try await ledger.upkeep.check(now: start).flatMap(\.problems)
            #expect(problems.count == 1)
            #expect(problems.first?.contains("is not the one that the audit log says was accepted") == true)
        }
    }

    @Test func `a damaged answer is found`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker)
            #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
            try folder.damage("UPDATE turns SET delta = x'0203'")
            let problems = try await ledger.upkeep.check(now: start).flatMap(\.problems)
            #expect(problems.count == 1)
            #expect(problems.first?.hasPrefix("turn 1 of \(invocation.id): ") == true)
        }
    }

    @Test(arguments: ["invocations SET affinity = x'61'", "actions SET affinity = x'7171'"])
    func `an owner that is nobody is let go of`(damage: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            try await ledger.queue("b")
            try folder.damage("UPDATE \(damage)")
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start) == .now)
            _ = try await ledger.invocations.recover(except: worker, now: start)
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start) != .now)
            #expect(try await ledger.claimAction(worker) != nil)
            #expect(try await ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: start).first != nil)
        }
    }

    @Test func `a damaged grant grants nothing, a damaged throttle leaves nothing, and they are named`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let limits = [agentLimit(.day, 1000)]
            try await ledger.spend(TokenUsage(input: 100, output: 100), of: caller, worker, limits: limits, now: start)
            _ = try await ledger.budgets.grant(
                GrantRequest(account: .agent("ranger"), tokens: 5000, reason: "more", actor: "user:ada"), now: start)
            try folder.damage("UPDATE grants SET period = 'zz'")
            let grants = try await ledger.budgets.grants(now: start)
            #expect(grants.map(\.tokens) == [0])
            #expect(grants.first?.reason.contains("table 'grants' has a damaged row") == true)
            // The codex's limit alone counts: 256 tokens of reply beside what was spent and the input.
            await #expect(throws: BudgetExceeded.self) {
                try await ledger.invocations.beginTurn(
                    .sample(2, of: caller, input: 700, limits: limits), of: caller, worker: worker, now: start)
            }
            _ = try await ledger.budgets.throttle(
                ThrottleRequest(
                    account: .agent("ranger"), measure: .permille(100), reason: "less", actor: "user:ada"),
                now: start)
            try folder.damage("UPDATE throttles SET period = 'zz'")
            let refusal = await #expect(throws: BudgetExceeded.self) {
                try await ledger.invocations.beginTurn(
                    .sample(2, of: caller, limits: limits), of: caller, worker: worker, now: start)
            }
            #expect(refusal?.limit == 0)
            let throttles = try await ledger.budgets.throttles(now: start)
            #expect(throttles.first?.reason.contains("table 'throttles' has a damaged row") == true)
            #expect(try await ledger.budgets.alertLevels(now: start).levels.keys.sorted() == ["agent/ranger"])
        }
    }

    @Test func `a damaged account is no obstacle to the limits of others`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            try await ledger.spend(
                TokenUsage(input: 1, output: 1), of: caller, worker, limits: [agentLimit(.day, 1000)], now: start)
            try folder.damage("UPDATE accounts SET minute = x'01' WHERE name = 'agent/ranger'")
            let other = AccountLimit(account: "agent/other", period: .day, tokens: 7, setting: "tokenBudget.perDay")
            try await ledger.write { db in
                try db.accounts.noteLimits([agentLimit(.day, 2000), other], rules: BudgetRules(), now: start)
            }
            #expect(try await ledger.count("SELECT count(*) FROM accounts WHERE name = 'agent/other'") == 1)
        }
    }

    @Test func `a value that leads to one which the schema refuses is the fault of its row`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try folder.damage("UPDATE invocations SET input = 9223372036854775807")
            let fault = await #expect(throws: RowFault.self) { try await ledger.turn(of: invocation, worker) }
            #expect(fault?.message.contains("a change of it is refused") == true)
        }
    }

    @Test func `a damaged action that waits for a person hides no other, and its end wakes its run`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let calls: [ToolCall] = [
                .write(0, name: "w", autonomy: .approve), .write(1, name: "v", autonomy: .approve),
            ]
            try await ledger.turn(of: invocation, worker, calls: calls)
            try folder.damage("UPDATE actions SET arguments = '{bad' WHERE position = 0")
            let (whole, damaged) = try await ledger.actions.awaitingApproval()
            #expect(whole.map(\.action.position) == [1])
            #expect(damaged.count == 1)
            let one = try #require(damaged.first)
            try await ledger.actions.failDamaged(one.id, one.fault, now: start)
            #expect(try await ledger.actions.awaitingApproval().damaged.isEmpty)
            #expect(
                try await ledger.count("SELECT count(*) FROM tool_calls WHERE state = 'done' AND is_error = 1") == 1)
            let last = try #require(whole.first?.action)
            _ = try await ledger.actions.decide(
                last.id, approve: false, actor: "user:a", reason: "no", waitUntil: start, now: start)
            #expect(try await ledger.invocations.find(invocation.id)?.state == .queued)
        }
    }

    // MARK: Messages

    /// A body in a form, and one with a dictionary, that this version does not know: a frame with the dictionary's id 7 and
    /// one raw block (RFC 8878, section 3.1.1).
    private static let newerBodies = ["x'02616263'", "x'0128B52FFD2107021100006162'"]

    private func accept(_ names: [String], _ ledger: Ledger, hold: EventHold = .none) async throws {
        var policy = AcceptancePolicy(actor: "test")
        policy.hold = hold
        for name in names { _ = try await ledger.events.accept(.sample(name), policy: policy, now: start) }
    }

    @Test(arguments: newerBodies)
    func `a payload that a newer guild may have written is kept for it, and holds up nothing`(body: String) async throws
    {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await accept(["newer", "whole"], ledger)
            let newer = Event.sample("newer")
            let plain = try #require(
                try folder.rawConnection(droppingTriggers: false).stored("SELECT body FROM events WHERE seq = 1"))
            try folder.damage("UPDATE events SET body = \(body) WHERE seq = 1")
            var told: [UnreadableMessage] = []
            let messages = try await ledger.dispatch.inbound(limit: 1, now: start) { told.append($0) }
            #expect(messages.map(\.event.id) == [Event.sample("whole").id])
            #expect(told.map(\.event) == [newer.id] && told.allSatisfy(\.isKept))
            #expect(told.first?.fault.message.contains("which this version") == true)
            #expect(try await ledger.dispatch.unreadableEvents(limit: 9).map(\.id) == [newer.id])
            #expect(try await ledger.reports.isQuiet(root: newer.id))
            // Each start tries it again; the chain says it once.
            #expect(try await ledger.dispatch.retryUnreadable(now: start) == 1)
            #expect(try await ledger.dispatch.inbound(limit: 9, now: start).count == 1)
            #expect(try await ledger.auditKinds().filter { $0 == "event.held" }.count == 1)
            #expect(try await !ledger.auditKinds().contains("dispatch.decided"))
            try folder.rawConnection(droppingTriggers: false).transaction.run(
                "UPDATE events SET body = ? WHERE seq = 1", [plain])
            #expect(try await ledger.dispatch.retryUnreadable(now: start) == 1)
            #expect(try await ledger.dispatch.inbound(limit: 9, now: start).map(\.event.id).contains(newer.id))
            #expect(try await ledger.dispatch.retryUnreadable(now: start) == 0)
        }
    }

    @Test func `a held event that a newer guild may have written stays held for it`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await accept(["newer", "whole"], ledger, hold: .untilIdentityIsKnown)
            try folder.damage("UPDATE events SET body = \(Self.newerBodies[0]) WHERE seq = 1")
            let taken = try await ledger.events.takeHeld(system: "cli", limit: 1, now: start)
            #expect(taken.map(\.event.id) == [Event.sample("whole").id])
            let later = start + .seconds(100_000)
            #expect(try await ledger.dispatch.retryUnreadable(now: later) == 1)
            #expect(try await ledger.events.held(system: "cli", limit: 9).count == 2)
            // Its day begins again, so that it is not blocked before somebody has judged it.
            #expect(
                try await ledger.events.overdueHeld(limit: 9, now: later).map(\.event.id) == [Event.sample("whole").id])
        }
    }

    @Test func `a message without its event is decided as invalid, and nothing waits for it`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await accept(["lost", "lost too", "whole"], ledger)
            try folder.damage("DELETE FROM events WHERE seq < 3")
            #expect(try await ledger.reports.pendingWork().events)
            // For people they are not there; a command that reads changes nothing.
            #expect(
                try await ledger.dispatch.waitingEvents(limit: 9, now: start).map(\.id) == [Event.sample("whole").id])
            #expect(try await ledger.count("SELECT count(*) FROM messages") == 3)
            var told: [UnreadableMessage] = []
            let message = try #require(
                try await ledger.dispatch.inbound(limit: 1, now: start) { told.append($0) }.first)
            #expect(message.event.id == Event.sample("whole").id)
            #expect(told.map(\.event) == [Event.sample("lost").id, Event.sample("lost too").id])
            let entry = try #require(try await ledger.audit.log(AuditFilter()).last)
            #expect(entry.kind == "dispatch.decided")
            #expect(entry.subject == Event.sample("lost too").id.description)
            _ = try await ledger.dispatch.record(message, [], commit: "c0ffee", now: start)
            #expect(try await !ledger.reports.pendingWork().events)
        }
    }

    @Test func `a dispatcher of some roots decides only their lost messages`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await accept(["mine", "theirs"], ledger)
            try folder.damage("DELETE FROM events")
            let roots = [Event.sample("mine").id]
            #expect(try await ledger.dispatch.inbound(limit: 9, roots: roots, now: start).isEmpty)
            #expect(try await ledger.count("SELECT count(*) FROM messages") == 1)
        }
    }

    @Test func `a held message without its event goes, and the others are released`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await accept(["lost", "whole"], ledger, hold: .untilIdentityIsKnown)
            try folder.damage("DELETE FROM events WHERE seq = 1")
            #expect(
                try await ledger.events.takeHeld(system: "cli", limit: 1, now: start).map(\.event.id) == [
                    Event.sample("whole").id
                ])
            try folder.damage("DELETE FROM events")
            #expect(try await ledger.events.overdueHeld(limit: 9, now: start + EventHold.longest).isEmpty)
            #expect(try await ledger.count("SELECT count(*) FROM messages") == 0)
        }
    }

    @Test func `what waited for a time ends as invalid if its event is gone`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await accept(["lost"], ledger)
            let message = try #require(try await ledger.dispatch.inbound(limit: 1, now: start).first)
            let slow = AdmissionTerms.Charge(
                bucket: "agent/b", rate: Rate(perMinute: 6, burst: 1), unit: .requests, rejects: false)
            let decisions = [("a", 0), ("b", 0), ("b", 1)].map { agent, trigger in
                var decision = Decision(
                    rule: "agents/\(agent)#\(trigger)", agent: agent, outcome: .dispatched, reasons: [],
                    invocation: NewInvocation(
                        id: InvocationID(derivedFrom: [agent, "\(trigger)"]), agent: agent, chapter: nil,
                        priority: .normal))
                var terms = AdmissionTerms()
                if agent == "a" {
                    terms.window = DebounceWindow.Terms(key: "k", window: .seconds(5), maxWait: .seconds(9))
                } else {
                    terms.charges = [slow]
                }
                decision.terms = terms
                return decision
            }
            let decided = try await ledger.dispatch.record(message, decisions, commit: "c0ffee", now: start)
            #expect(decided?.map(\.outcome) == [.deferred, .dispatched, .rateLimited])
            try folder.damage("DELETE FROM events")
            let later = start + .seconds(60)
            let window = try #require(try await ledger.dispatch.dueWindows(limit: 9, now: later).first)
            let closed = try await ledger.dispatch.closeWindow(window, commit: "c0ffee", now: later)
            let pending = try #require(try await ledger.dispatch.duePending(limit: 9, now: later).first)
            let settled = try await ledger.dispatch.settlePending(pending, commit: "c0ffee", now: later)
            for outcome in [closed, settled] {
                #expect(outcome?.outcome == .invalid)
                #expect(outcome?.reasons.first?.contains("its event is missing") == true)
            }
            #expect(try await !ledger.reports.pendingWork().events)
            let entries = try await ledger.audit.log(AuditFilter()).suffix(2)
            #expect(entries.allSatisfy { $0.kind == "dispatch.decided" })
        }
    }

    // MARK: Opening

    @Test(arguments: [0, 1, 511])
    func `a ledger that was emptied is not begun anew`(bytes: Int) async throws {
        let folder = try TemporaryFolder()
        let location = folder.location
        let ledger = try Ledger(at: location)
        try await ledger.queue("one")
        ledger.close()
        for file in [location.walPath, location.path + "-shm"] { unlink(file) }
        #expect(truncate(location.path, bytes) == 0)
        for mustExist in [true, false] {
            let failure = #expect(throws: LedgerFailure.self) { try Ledger(at: location, mustExist: mustExist) }
            #expect(failure?.message.contains(bytes == 0 ? "the file is empty" : "too short to be a ledger") == true)
        }
        #expect(DurableFile.size(of: location.path) == Int64(bytes))
    }

    @Test func `an empty file that a crash left before there were tables becomes a ledger, not by a reading command`()
        async throws
    {
        let folder = try TemporaryFolder()
        #expect(FileManager.default.createFile(atPath: folder.location.path, contents: nil))
        #expect(throws: LedgerFailure.self) { try Ledger(at: folder.location, mustExist: true) }
        let ledger = try Ledger(at: folder.location)
        defer { ledger.close() }
        try await ledger.queue("one")
    }

    @Test func `another program's database is refused as it is, and nothing is made beside it`() throws {
        let folder = try TemporaryFolder()
        let location = folder.location
        let other = try SQLiteConnection(path: location.path)
        try other.script("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        other.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: location.path))
        let failure = #expect(throws: LedgerFailure.self) { try Ledger(at: location, mustExist: true) }
        #expect(failure?.message.contains("not a ledger of guild") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: location.path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: location.folder).count == 1)
        try Data("# A text that is long enough to be no empty file\n".utf8 + [UInt8](repeating: 0x2E, count: 600))
            .write(to: URL(fileURLWithPath: location.path))
        #expect(throws: LedgerFailure.notALedger(path: location.path)) { try Ledger(at: location) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: location.folder).count == 1)
    }
}
