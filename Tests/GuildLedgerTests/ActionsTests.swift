import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct ActionsTests {
    private let deadline = start + .seconds(60)

    @Test func `an action that ends gives its call the result and wakes the invocation`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let state = try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            #expect(state == .waiting)
            let action = try #require(
                try await ledger.claimAction(worker, root: invocation.root))
            #expect(action.arguments == ["body": "hi"])
            let seen = ledger.signal(.invocations).generation
            try await ledger.actions.finish(
                action, succeeded: true, result: #"{"id":1}"#, waitUntil: deadline, now: start)
            #expect(ledger.signal(.invocations).generation != seen)
            #expect(try await ledger.state(of: invocation.id) == .queued)
            let call = try #require(try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls).first)
            #expect(call.result == #"{"id":1}"#)
            #expect(call.actionID == action.id)
            #expect(!call.isError)
            let ended = try #require(try await ledger.actions.list(of: invocation.id).first)
            #expect(ended.state == .succeeded)
            #expect(ended.result == #"{"id":1}"#)
            #expect(ended.error == nil)
            #expect(
                try await ledger.auditKinds().filter { $0.hasPrefix("action.") } == [
                    "action.requested", "action.attempted", "action.ended",
                ])
        }
    }

    @Test func `a failed action is the call's error`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            let action = try #require(try await ledger.claimAction(worker))
            try await ledger.actions.finish(action, succeeded: false, result: "404", waitUntil: deadline, now: start)
            let call = try #require(try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls).first)
            #expect(call.isError)
            #expect(call.result == "404")
            #expect(try await ledger.actions.list(of: invocation.id).map(\.error) == ["404"])
        }
    }

    @Test func `an invocation wakes with the last of its actions, and its deadline does not move meanwhile`()
        async throws
    {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(
                of: invocation, worker, calls: [.write(0, name: "w", subject: "x"), .write(1, name: "v", subject: "y")])
            for isLast in [false, true] {
                let action = try #require(try await ledger.claimAction(worker))
                try await ledger.actions.finish(
                    action, succeeded: true, result: "ok", waitUntil: deadline + .seconds(999), now: start)
                let now = try #require(try await ledger.invocations.find(invocation.id))
                #expect(now.state == (isLast ? .queued : .waiting))
                if !isLast { #expect(now.availableAt == deadline) }
            }
        }
    }

    @Test func `actions on one subject run one after another, those on another beside them`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(
                of: invocation, worker,
                calls: [.write(0, name: "one"), .write(1, name: "two"), .write(2, name: "three", subject: "other")])
            func claim(_ now: Timestamp = start) async throws -> Action? {
                try await ledger.claimAction(worker, now: now)
            }
            let one = try #require(try await claim())
            #expect(try await claim()?.subject == "other")
            #expect(try await claim() == nil)
            // What waits behind another waits for no time.
            #expect(try await ledger.actions.nextTime(worker: worker, now: start) == nil)
            let retry = start + .seconds(5)
            try await ledger.actions.retryLater(one, reason: "busy", availableAt: retry, now: start)
            #expect(try await ledger.actions.nextTime(worker: worker, now: start) == retry)
            #expect(try await claim() == nil)
            let again = try #require(try await claim(retry))
            #expect(again.id == one.id)
            #expect(again.attempt == 2)
            #expect(again.error == "busy")
            try await ledger.actions.finish(again, succeeded: true, result: "ok", waitUntil: deadline, now: retry)
            #expect(try await claim(retry)?.position == 1)
        }
    }

    @Test func `no action is claimed twice, whoever asks`() async throws {
        try await withTwoLedgers { one, two async throws in
            let (mine, theirs) = (try await one.worker(), try await two.worker())
            let invocation = try await one.running("a", mine)
            try await one.turn(
                of: invocation, mine, calls: (0..<20).map { .write($0, name: "\($0)", subject: "\($0)") })
            let claimed = try await withThrowingTaskGroup(of: ActionID?.self) { group in
                for number in 0..<40 {
                    let (ledger, worker) = number.isMultiple(of: 2) ? (one, mine) : (two, theirs)
                    group.addTask { try await ledger.claimAction(worker)?.id }
                }
                return try await group.reduce(into: [ActionID]()) { if let id = $1 { $0.append(id) } }
            }
            #expect(claimed.count == 20)
            #expect(Set(claimed).count == 20)
        }
    }

    @Test(arguments: [(Autonomy.notify, 1), (.act, 0)])
    func `do and notify writes a notification, do does not`(autonomy: Autonomy, count: Int) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w", autonomy: autonomy)])
            let action = try #require(try await ledger.claimAction(worker))
            try await ledger.actions.finish(action, succeeded: true, result: "ok", waitUntil: deadline, now: start)
            #expect(try await ledger.reports.status().notificationsPending == count)
            if count == 1 {
                #expect(
                    try await ledger.text("SELECT text FROM notifications")
                        == "github.create_issue_comment on acme/shop#42 was done: to answer")
            }
        }
    }

    @Test func `an invocation that fails takes the actions that nobody agreed to with it`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(
                of: invocation, worker,
                calls: [.read(0), .write(1, name: "w", autonomy: .approve), .write(2, name: "v", subject: "y")])
            try await ledger.invocations.end(invocation, as: .failed, outcome: "no", now: start)
            #expect(try await ledger.actions.list(of: invocation.id).map(\.state) == [.cancelled, .queued])
            #expect(try await ledger.actions.awaitingApproval().whole.isEmpty)
        }
    }

    @Test func `every column of an action is read`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            let caps = ActionCaps([.perHour: ActionCaps.Limit(3, setting: "agents/ranger.yaml:7")])
            var wanted = Action(
                id: ActionID(derivedFrom: ["action", "w"]), invocation: invocation.id, root: invocation.root,
                agent: invocation.agent, connector: "jira", operation: "jira.comment", subject: "SHOP-1",
                createdAt: start + .seconds(1))
            wanted.turn = 7
            wanted.position = 3
            wanted.arguments = ["body": "ho"]
            wanted.reason = "to be read"
            wanted.autonomy = .notify
            wanted.idempotencyKey = "a key"
            wanted.state = .failed
            wanted.attempt = 4
            wanted.availableAt = start + .seconds(2)
            wanted.endedAt = start + .seconds(3)
            wanted.result = "a result"
            wanted.error = "an error"
            wanted.hold = CapHold(.perHour, caps[.perHour])
            wanted.countsOn = "SHOP-2"
            wanted.policy = "a policy"
            let changed = try await ledger.write { [wanted] db in
                try db.changes(
                    """
                    UPDATE actions SET n = ?, position = ?, connector = ?, operation = ?, subject = ?, arguments = ?,
                        reason = ?, autonomy = ?, idempotency_key = ?, state = ?, attempt = ?, available_at = ?,
                        created_at = ?, ended_at = ?, result = ?, error = ?, held_by = ?, caps = ?, counts_on = ?,
                        policy = ? WHERE id = ?
                    """,
                    [
                        wanted.turn, wanted.position, wanted.connector, wanted.operation, wanted.subject,
                        wanted.arguments.text(), wanted.reason, wanted.autonomy.rawValue, wanted.idempotencyKey,
                        wanted.state.rawValue, wanted.attempt, wanted.availableAt, wanted.createdAt, wanted.endedAt,
                        wanted.result, wanted.error, wanted.hold?.cap.rawValue, caps.json.text(), wanted.countsOn,
                        wanted.policy, wanted.id,
                    ])
            }
            #expect(changed == 1)
            #expect(try await ledger.actions.find(wanted.id) == wanted)
        }
    }

    @Test func `the claims run on their indexes`() async throws {
        try await withLedger { ledger async throws in
            let plan = try await ledger.read { db in
                try db.all(
                    """
                    EXPLAIN QUERY PLAN SELECT a.seq FROM actions a INDEXED BY actions_queue
                    WHERE a.state = 'queued' AND a.available_at <= 1 AND NOT EXISTS (SELECT 1 FROM actions b
                        WHERE b.subject = a.subject AND b.seq < a.seq AND b.state IN ('queued', 'running'))
                    ORDER BY a.seq LIMIT 1
                    """
                ) { try $0["detail"] as String }
            }
            #expect(plan.contains { $0.contains("INDEX actions_order (subject=? AND seq<?)") })
            #expect(!plan.contains { $0.contains("TEMP B-TREE") })
        }
    }
}
