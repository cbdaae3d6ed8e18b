import GuildDomain

extension Invocation {
    /// The columns that `init(_ row: LedgerRow)` reads, in its order.
    static let columns = """
        id, agent, chapter, commit_id, event, root, priority, state, wait_reason, attempt, created_at, available_at,
        started_at, ended_at, cancel_requested, failures, input, cache_read, cache_write, output, reasoning, cost, outcome
        """

    /// Every write of a turn reads its invocation first, so that this is worth doing without looking names up.
    init(_ row: LedgerRow) throws {
        func integer(_ column: Int32) -> Int64 { row.integer(column) ?? 0 }
        func time(_ column: Int32) -> Timestamp? { row.integer(column).map { Timestamp(microseconds: $0) } }
        func id<Thing>(_ column: Int32) -> Identifier<Thing> {
            row.blob(column).flatMap { Identifier(bytes: $0) } ?? Identifier(high: 0, low: 0)
        }
        try self.init(
            id: id(0), agent: row[1], chapter: row[2], commit: row[3], event: id(4),
            root: id(5), priority: Priority(rawValue: Int(clamping: integer(6))) ?? .normal,
            state: (row[7] as String?).flatMap(InvocationState.init(rawValue:)) ?? .failed,
            waitReason: (row[8] as String?).flatMap(WaitReason.init(rawValue:)), attempt: Int(clamping: integer(9)),
            createdAt: time(10) ?? Timestamp(microseconds: 0), availableAt: time(11) ?? Timestamp(microseconds: 0),
            startedAt: time(12), endedAt: time(13), cancelRequested: integer(14) != 0,
            failures: Int(clamping: integer(15)),
            usage: TokenUsage(
                input: integer(16), cacheRead: integer(17), cacheWrite: integer(18), output: integer(19),
                reasoning: integer(20)), costMicrodollars: integer(21), outcome: row[22])
    }
}
