import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// A folder that is removed when the last reference to it goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "guild-ledger-\(EventID(now: SystemTime().now))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A folder that stays behind in the temporary folder harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    var location: LedgerLocation { LedgerLocation(path: path + "/ledger.sqlite") }

    /// Somebody else's connection to the same file, without our rules: no foreign keys, no column types, and no triggers
    /// on the audit.
    func rawConnection(droppingTriggers: Bool = true) throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: location.path, busyMilliseconds: 5000)
        try connection.script("PRAGMA foreign_keys = OFF")
        guard droppingTriggers else { return connection }
        for trigger in ["audit_immutable", "audit_kept", "postings_immutable", "postings_kept"] {
            try connection.script("DROP TRIGGER \(trigger)")
        }
        try connection.forgetStrictness()
        return connection
    }

    /// Writes what neither guild nor the schema would.
    func damage(_ statement: String) throws {
        try rawConnection(droppingTriggers: false).script("PRAGMA ignore_check_constraints = ON; \(statement)")
    }
}

extension SQLiteConnection {
    /// The first column of the first row as it is stored; nil if there is no row.
    func stored(_ sql: String) throws -> StoredValue? { try transaction.first(sql) { $0.value(0) } }

    /// From now on this connection takes the tables for such as are not STRICT, so that it can write what a damaged file
    /// may hold. The file itself says what it said before.
    fileprivate func forgetStrictness() throws {
        let tables = try transaction.all("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL")
        {
            (name: try $0[0] as String, sql: try $0[1] as String)
        }
        try script(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_master SET sql = replace(replace(sql, ', STRICT', ''), ' STRICT', '') WHERE type = 'table';
            PRAGMA writable_schema = RESET;
            PRAGMA writable_schema = ON;
            """)
        for table in tables {
            try transaction.run("UPDATE sqlite_master SET sql = ? WHERE name = ?", [table.sql, table.name])
        }
        try script("PRAGMA writable_schema = OFF")
    }
}

/// An instant that no test depends on.
let start = Timestamp(seconds: 1_790_000_000)

/// Runs `body` on a new ledger, and closes and removes it.
func withLedgerAndFolder(_ body: (Ledger, TemporaryFolder) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(at: folder.location)
    defer { ledger.close() }
    try await body(ledger, folder)
}

func withLedger(_ body: (Ledger) async throws -> Void) async throws {
    try await withLedgerAndFolder { ledger, _ async throws in try await body(ledger) }
}

/// Runs `body` on two ledgers over one file, as two processes would.
func withTwoLedgers(_ body: (Ledger, Ledger) async throws -> Void) async throws {
    try await withLedgerAndFolder { ledger, folder async throws in
        let other = try Ledger(at: folder.location, mustExist: true)
        defer { other.close() }
        try await body(ledger, other)
    }
}

extension Event {
    /// An event named by `name`, so that the same name is the same event.
    static func sample(
        _ name: String, payload: String = "{}", priority: Priority = .normal, cause: EventID? = nil,
        root: EventID? = nil
    ) -> Event {
        var event = Event(
            id: EventID(derivedFrom: [name]), source: "/cli/tester", type: "test.made", subject: "acme/shop#42",
            time: start, system: "cli", payload: Array(payload.utf8))
        event.guildEvent = "TEST_MADE"
        event.priority = priority
        event.chapter = "sea"
        event.cause = cause
        event.root = root ?? event.id
        event.hop = cause == nil ? 0 : 1
        return event
    }
}

extension Ledger {
    func worker(_ now: Timestamp = start) async throws -> Worker {
        try await workers.register(components: ["executor"], version: "test", now: now)
    }

    /// Accepts an event and decides that an agent runs for it.
    @discardableResult
    func queue(
        _ name: String = "event", agent: String = "ranger", priority: Priority = .normal, at now: Timestamp = start
    ) async throws -> InvocationID {
        let event = Event.sample(name)
        _ = try await events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: now)
        let id = InvocationID(derivedFrom: ["invocation", name])
        let message = try #require(try await dispatch.inbound(limit: 1000, now: now).first { $0.event.id == event.id })
        let decision = Decision(
            rule: "agents/\(agent)#0", agent: agent, outcome: .dispatched, reasons: ["it matched"],
            invocation: NewInvocation(id: id, agent: agent, chapter: "sea", priority: priority))
        _ = try await dispatch.record(message, [decision], commit: "c0ffee", now: now)
        return id
    }

    func claim(
        _ worker: Worker, limits: [String: Int] = [:], root: EventID? = nil, now: Timestamp = start
    ) async throws -> Invocation? {
        try await invocations.claim(ClaimScope(root: root, limits: limits), upTo: 1, worker: worker, now: now).first?
            .invocation
    }

    /// Claims the next action; none counts against a rate.
    func claimAction(_ worker: Worker, root: EventID? = nil, now: Timestamp = start) async throws -> Action? {
        try await actions.claim(root: root, upTo: 1, worker: worker, charges: { _ in [] }, now: now).first?.action
    }

    /// Queues and claims in one go.
    func running(_ name: String = "event", _ worker: Worker, now: Timestamp = start) async throws -> Invocation {
        try await queue(name, at: now)
        return try #require(try await claim(worker, now: now))
    }

    func state(of id: InvocationID) async throws -> InvocationState? { try await invocations.find(id)?.state }

    /// How many accounts hold something for calls under way.
    func openAccounts() async throws -> Int { try await count("SELECT count(*) FROM accounts WHERE reserved > 0") }

    func count(_ sql: String) async throws -> Int { try await read { try $0.value(sql) ?? 0 } }

    func text(_ sql: String) async throws -> String? { try await read { try $0.value(sql) } }

    /// The kinds of the whole audit, in order.
    func auditKinds() async throws -> [String] {
        try await read { try $0.column("SELECT kind FROM audit ORDER BY seq") }
    }

    /// Of each entry of the books, what its postings sum to, where that is not zero.
    func unbalancedEntries() async throws -> Int {
        try await count(
            "SELECT count(*) FROM (SELECT 1 FROM postings GROUP BY entry HAVING sum(tokens) <> 0 OR sum(cost) <> 0)")
    }
}

extension TurnPlan {
    /// 1 micro-dollar for each token of input, 2 for each of output.
    static let samplePrices = TokenPrices(
        input: 1_000_000, cacheRead: 1_000_000, cacheWrite: 1_000_000, output: 2_000_000, reasoning: 2_000_000)

    static func sample(
        _ n: Int = 1, of invocation: Invocation, input: Int64 = 100, output: Int64 = 1000,
        prices: TokenPrices? = TurnPlan.samplePrices, limits: [AccountLimit] = []
    ) -> TurnPlan {
        TurnPlan(
            n: n, provider: "stand-in", model: "stand-in/small", requestDigest: "d\(n)", inputBound: input,
            outputWanted: output, prices: prices,
            accounts: limits.isEmpty
                ? [
                    AccountLimit(account: "invocation/\(invocation.id)", tokens: nil, setting: ""),
                    AccountLimit(account: "agent/\(invocation.agent)", tokens: nil, setting: ""),
                ] : limits)
    }
}

extension TurnAnswer {
    static func sample(
        _ usage: TokenUsage? = TokenUsage(input: 90, output: 40), stop: String = "end_turn", calls: [ToolCall] = []
    ) -> TurnAnswer {
        TurnAnswer(delta: ["text": "hello"], stop: stop, origin: nil, usage: usage, calls: calls)
    }
}

extension ToolCall {
    static func read(_ position: Int) -> ToolCall {
        ToolCall(position: position, callID: "call\(position)", name: "github.get_issue", arguments: ["number": 42])
    }

    static func write(
        _ position: Int, name: String, subject: String = "acme/shop#42", autonomy: Autonomy = .act
    ) -> ToolCall {
        let id = ActionID(derivedFrom: ["action", name])
        return ToolCall(
            position: position, callID: "call\(position)", name: "github.create_issue_comment",
            arguments: ["body": "hi"],
            action: ActionRequest(
                id: id, connector: "github", operation: "github.create_issue_comment", subject: subject,
                arguments: ["body": "hi"], reason: "to answer", autonomy: autonomy), actionID: id)
    }
}

extension Ledger {
    /// Takes a whole turn whose answer asks for `calls`.
    @discardableResult
    func turn(
        _ n: Int = 1, of invocation: Invocation, _ worker: Worker, calls: [ToolCall] = [],
        usage: TokenUsage? = TokenUsage(input: 90, output: 40), now: Timestamp = start
    ) async throws -> InvocationState {
        let plan = TurnPlan.sample(n, of: invocation)
        let reservation = try await invocations.beginTurn(
            plan, of: invocation, worker: worker, isSending: true, now: now)
        return try await invocations.recordAnswer(
            .sample(usage, calls: calls), plan: plan, reservation: reservation, of: invocation,
            waitUntil: now + .seconds(60), now: now)
    }
}
