import Foundation
import GuildDomain
import GuildLedger
import Synchronization

/// A ledger that is filled as the components fill it: every call is reserved, sent and settled, every audit entry
/// appended, by the code that does so in service. Only the audit entries beyond those are many to a transaction.
///
/// Postings and audit entries grow side by side, spread over the last 30 days.
final class Books: Sendable {
    /// Two to reserve and eight to settle.
    static let postingsEach = 10
    /// Callers at a time: so many transactions join one commit.
    static let callers = 256
    /// Calls of one invocation, which has accounts and a root of its own.
    private static let turnsEach = 25
    /// Invocations that are begun at a time.
    private static let invocationLimit = 1000
    /// Audit entries in a transaction.
    private static let entriesEach = 256
    private static let appenders = 4
    private static let span = Duration.seconds(30 * 86_400)
    /// Calls between two looks at the audit log's length.
    private static let step = 25_000

    let path: String
    private let ledger: Ledger
    private let worker: Worker
    private let start: Timestamp
    /// What a call moves the books' time on by.
    private let pace: Duration
    private let state = Mutex(State())

    private struct State {
        var calls = 0
        var left = 0
        var invocations = 0
        /// Begun, and not taken by a caller yet.
        var lanes: [BudgetLane] = []
        var entries = 0
        var entriesLeft = 0
    }

    /// - Parameter postings: how many there will be, of audit entries too.
    init(_ folder: String, postings: Int) async throws {
        path = folder + "/ledger.sqlite"
        ledger = try Ledger(at: LedgerLocation(path: path))
        start = SystemTime().now - Self.span
        pace = .microseconds(Self.span.microseconds / Int64(max(1, postings / Self.postingsEach)))
        worker = try await ledger.workers.register(components: ["executor"], version: "bench", now: start)
    }

    func close() { ledger.close() }

    func checkpoint() async throws { try await ledger.upkeep.checkpoint(above: 0) }

    var bytes: Int64 { get async throws { try await ledger.reports.status().bytes } }

    /// Fills until there are so many postings and audit entries.
    func fill(to postings: Int) async throws {
        while true {
            let missing = postings / Self.postingsEach - state.withLock { $0.calls }
            guard missing > 0 else { return }
            try await take(min(missing, Self.step))
            let wanted = state.withLock { $0.calls } * Self.postingsEach
            try await append(wanted - Int(try await ledger.audit.head()))
        }
    }

    /// Takes so many calls, by many callers at a time.
    func take(_ calls: Int) async throws {
        var left = calls
        while left > 0 {
            let count = min(left, Self.invocationLimit * Self.turnsEach)
            try await takeFew(count)
            left -= count
        }
    }

    private func takeFew(_ calls: Int) async throws {
        let count = (calls + Self.turnsEach - 1) / Self.turnsEach
        let first = state.withLock { $0.invocations }
        let lanes = try await BudgetLane.begin(first..<first + count, in: ledger, worker: worker, now: now)
        state.withLock { state in
            state.invocations += count
            state.left += calls
            state.lanes = lanes
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(Self.callers, lanes.count) {
                group.addTask { while let lane = self.nextLane() { try await self.call(lane) } }
            }
            try await group.waitForAll()
        }
    }

    /// Appends so many audit entries; the next ones are made while some are written.
    func append(_ count: Int) async throws {
        state.withLock { $0.entriesLeft += max(0, count) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.appenders {
                group.addTask {
                    while true {
                        let entries = self.nextEntries().map { self.entry($0) }
                        guard !entries.isEmpty else { return }
                        try await self.ledger.audit.append(entries)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func nextEntries() -> Range<Int> {
        state.withLock { state in
            let count = min(state.entriesLeft, Self.entriesEach)
            state.entriesLeft -= count
            defer { state.entries += count }
            return state.entries..<state.entries + count
        }
    }

    private func nextLane() -> BudgetLane? { state.withLock { $0.lanes.popLast() } }

    private func call(_ lane: BudgetLane) async throws {
        for turn in 1...Self.turnsEach {
            guard let now = next() else { break }
            try await lane.turn(turn, now: now)
        }
        try await lane.end(now: now)
    }

    /// When the next call is; nil where there were enough.
    private func next() -> Timestamp? {
        state.withLock { state in
            guard state.left > 0 else { return nil }
            state.left -= 1
            state.calls += 1
            return time(of: state.calls)
        }
    }

    private var now: Timestamp { time(of: state.withLock { $0.calls }) }

    /// Never ahead of the clock, whatever is measured beyond what was planned.
    private func time(of call: Int) -> Timestamp { min(start + pace * call, SystemTime().now) }

    /// As long as the entry of a tool call is.
    private func entry(_ number: Int) -> AuditEntry {
        let root = EventID(derivedFrom: ["root", "\(number / 10)"]).description
        return AuditEntry(
            at: now, actor: "executor", kind: .toolCalled,
            subject: InvocationID(derivedFrom: ["invocation", "\(number / 10)"]).description,
            commit: String(repeating: "0", count: 40), cause: root, root: root,
            body: [
                "agent": .string("agent-\(number % 10)"), "tool": "github.get_issue", "error": false,
                "arguments_sha256": .string(ContentDigest.hex(bytes: ContentDigest.bytes(of: Array("\(number)".utf8)))),
            ])
    }
}
