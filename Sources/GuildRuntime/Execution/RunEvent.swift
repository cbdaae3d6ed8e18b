package import GuildDomain
package import GuildLedger

/// What an executor tells about an invocation while it runs; `guild run` shows it.
package enum RunEvent: Sendable {
    case began(Invocation, model: String, provider: String)
    case delta(ModelDelta)
    /// What the model asked for, judged.
    case asked(ToolCall)
    /// The result of a read.
    case result(ToolCall)
    case answered(turn: Int, usage: TokenUsage, costMicrodollars: Int64, estimated: Bool, origin: String?)
    /// Something about an answer that a person should know, and that stops nothing.
    case warned(InvocationID, String)
    /// An answer that could not be written into the recording that was asked for; the answer itself is not lost.
    case notRecorded(Failure)
    case waiting(InvocationID, WaitReason)
    /// Stopped by a budget, with what the last answer said; it waits from now on.
    case outOfBudget(InvocationID, BudgetExceeded, partial: String)
    /// Back in the queue: it goes on at `at`.
    case retrying(InvocationID, reason: String, at: Timestamp)
    case ended(InvocationID, InvocationState, outcome: String, failure: Failure?)
}
