package import GuildDomain
package import GuildLedger

/// An executor's reports on an invocation while it runs; `guild run` shows them.
package enum RunEvent: Sendable {
    case began(Invocation, model: String, provider: String)
    case delta(ModelDelta)
    /// A tool call of the model, judged.
    case asked(ToolCall)
    /// The result of a read.
    case result(ToolCall)
    case answered(turn: Int, usage: TokenUsage, costMicrodollars: Int64, estimated: Bool, origin: String?)
    /// Something about an answer that a person should know, and that stops nothing.
    case warned(InvocationID, String)
    /// An answer that could not be written into the recording that was asked for; the answer itself is not lost.
    case notRecorded(Failure)
    case waiting(InvocationID, WaitReason)
    /// Stopped by a budget, with the text of the last answer; it waits from now on.
    case outOfBudget(InvocationID, BudgetExceeded, partial: String)
    /// Back in the queue: it continues at `at`.
    case retrying(InvocationID, reason: String, at: Timestamp)
    case ended(InvocationID, InvocationState, outcome: String, failure: Failure?)
}
