import GuildDomain
import GuildLedger

/// An answered turn as a run works with it: its content read once, whether the journal has it from an earlier attempt or
/// the model gave it a moment ago.
struct AnsweredTurn: Sendable, Hashable {
    let n: Int
    /// The attempt that was answered.
    let attempt: Int
    /// Nil if the journal names a stop that this version does not know.
    let stop: ModelTurn.Stop?
    let content: [ModelContent]
    /// How long the call took.
    let duration: Duration
    var calls: [ToolCall]

    var text: String { TurnDelta.text(of: content) }

    /// Calls that this process has to run: neither answered nor an action's.
    var pendingReads: [ToolCall] { calls.filter { $0.result == nil && $0.actionID == nil } }

    init(
        n: Int, attempt: Int, stop: ModelTurn.Stop?, content: [ModelContent], duration: Duration, calls: [ToolCall]
    ) {
        self.n = n
        self.attempt = attempt
        self.stop = stop
        self.content = content
        self.duration = duration
        self.calls = calls
    }

    /// - Returns: nil for a turn whose answer was lost.
    /// - Throws: `TurnDelta.Damaged` or `InvalidModelDocument` if its content cannot be read.
    init?(_ turn: JournalledTurn) throws {
        guard turn.isAnswered else { return nil }
        self.init(
            n: turn.n, attempt: turn.attempt, stop: turn.stop.flatMap(ModelTurn.Stop.init),
            content: try TurnDelta.content(of: turn.delta),
            duration: max(.zero, (turn.endedAt ?? turn.begunAt) - turn.begunAt), calls: turn.calls)
    }

    /// The answered turns of a journal, in order.
    static func all(in journal: [JournalledTurn]) throws -> [AnsweredTurn] { try journal.compactMap { try Self($0) } }
}
