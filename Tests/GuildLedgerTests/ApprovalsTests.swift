import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct ApprovalsTests {
    private let deadline = start + .seconds(60)

    private func waiting(_ ledger: Ledger, _ calls: [ToolCall]) async throws -> (Invocation, Worker) {
        let worker = try await ledger.worker()
        let invocation = try await ledger.running("a", worker)
        #expect(try await ledger.turn(of: invocation, worker, calls: calls) == .waiting)
        return (invocation, worker)
    }

    @Test func `an approved action runs, and the invocation waits for it and no longer for a person`() async throws {
        try await withLedger { ledger async throws in
            let (invocation, worker) = try await waiting(ledger, [.write(0, name: "w", autonomy: .approve)])
            #expect(try await ledger.invocations.find(invocation.id)?.waitReason == .approval)
            #expect(try await ledger.claimAction(worker) == nil)
            let listed = try await ledger.actions.awaitingApproval().whole
            #expect(listed.map(\.agent) == ["ranger"])
            // Without a worker, a process or a slot, for as long as it takes.
            #expect(try await ledger.invocations.recover(except: worker, now: start + .seconds(1 << 30)).isEmpty)
            let id = try #require(listed.first?.action.id)
            let decided = try await ledger.actions.decide(
                id, approve: true, actor: "user:ada", reason: "fine", waitUntil: deadline, now: start)
            #expect(decided.action.state == .queued)
            let now = try #require(try await ledger.invocations.find(invocation.id))
            #expect(now.waitReason == .action)
            #expect(now.availableAt == deadline)
            let action = try #require(try await ledger.claimAction(worker))
            try await ledger.actions.finish(action, succeeded: true, result: "ok", waitUntil: deadline, now: start)
            #expect(try await ledger.state(of: invocation.id) == .queued)
            let trace = try #require(try await ledger.reports.trace(of: invocation.event))
            let approval = try #require(trace.invocations.first?.actions.first?.approval)
            #expect(approval.actor == "user:ada")
            #expect(approval.reason == "fine")
            #expect(
                try await ledger.auditKinds().filter { $0.hasPrefix("approval.") } == [
                    "approval.requested", "approval.decided",
                ])
        }
    }

    @Test func `a rejected action is the call's error and never runs`() async throws {
        try await withLedger { ledger async throws in
            let (invocation, worker) = try await waiting(ledger, [.write(0, name: "w", autonomy: .approve)])
            let id = try #require(try await ledger.actions.awaitingApproval().whole.first?.action.id)
            let decided = try await ledger.actions.decide(
                id, approve: false, actor: "user:ada", reason: "too bold", waitUntil: deadline, now: start)
            #expect(decided.action.state == .rejected)
            #expect(try await ledger.state(of: invocation.id) == .queued)
            let call = try #require(try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls).first)
            #expect(call.isError)
            #expect(call.result == "a person rejected this action: too bold")
            #expect(try await ledger.claimAction(worker) == nil)
            #expect(try await ledger.actions.awaitingApproval().whole.isEmpty)
        }
    }

    @Test func `of two decisions on one action the first counts`() async throws {
        try await withTwoLedgers { one, two async throws in
            _ = try await waiting(one, [.write(0, name: "w", autonomy: .approve)])
            let id = try #require(try await one.actions.awaitingApproval().whole.first?.action.id)
            let results = await withTaskGroup(of: Result<Ruling, any Error>.self) { group in
                for (ledger, approve) in [(one, true), (two, false)] {
                    group.addTask {
                        do {
                            return .success(
                                try await ledger.actions.decide(
                                    id, approve: approve, actor: "user:ada", reason: nil, waitUntil: deadline,
                                    now: start))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: [Result<Ruling, any Error>]()) { $0.append($1) }
            }
            let failures = results.compactMap { result -> ApprovalFailure? in
                if case .failure(let error) = result { error as? ApprovalFailure } else { nil }
            }
            #expect(failures.count == 1)
            #expect(try await one.count("SELECT count(*) FROM approvals") == 1)
        }
    }

    @Test func `an action that nobody knows, or that waits for nobody, is told apart`() async throws {
        try await withLedger { ledger async throws in
            let (_, _) = try await waiting(ledger, [.write(0, name: "w")])
            let queued = ActionID(derivedFrom: ["action", "w"])
            let unknown = ActionID(derivedFrom: ["nothing"])
            await #expect(throws: ApprovalFailure.decided(queued, state: "queued")) {
                _ = try await ledger.actions.decide(
                    queued, approve: true, actor: "user:ada", reason: nil, waitUntil: deadline, now: start)
            }
            await #expect(throws: ApprovalFailure.unknown(unknown.description)) {
                _ = try await ledger.actions.decide(
                    unknown, approve: true, actor: "user:ada", reason: nil, waitUntil: deadline, now: start)
            }
        }
    }

    @Test func `while one person is awaited, another action's end changes nothing`() async throws {
        try await withLedger { ledger async throws in
            let (invocation, worker) = try await waiting(
                ledger,
                [
                    .write(0, name: "w", autonomy: .approve), .write(1, name: "v", subject: "y"),
                    .write(2, name: "u", subject: "z", autonomy: .approve),
                ])
            let action = try #require(try await ledger.claimAction(worker))
            try await ledger.actions.finish(action, succeeded: true, result: "ok", waitUntil: deadline, now: start)
            #expect(try await ledger.invocations.find(invocation.id)?.waitReason == .approval)
            for (index, listed) in try await ledger.actions.awaitingApproval().whole.enumerated() {
                _ = try await ledger.actions.decide(
                    listed.action.id, approve: false, actor: "user:ada", reason: nil, waitUntil: deadline, now: start)
                #expect(try await ledger.state(of: invocation.id) == (index == 1 ? .queued : .waiting))
            }
        }
    }

    @Test func `a person may decide while reads are still running`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(
                of: invocation, worker, calls: [.read(0), .write(1, name: "w", autonomy: .approve)])
            let id = try #require(try await ledger.actions.awaitingApproval().whole.first?.action.id)
            _ = try await ledger.actions.decide(
                id, approve: false, actor: "user:ada", reason: nil, waitUntil: deadline, now: start)
            #expect(try await ledger.state(of: invocation.id) == .active)
            var read = ToolCall.read(0)
            read.result = "found"
            let state = try await ledger.invocations.recordResults(
                [read], turn: 1, of: invocation, waitUntil: deadline, now: start)
            #expect(state == .active)
        }
    }
}
