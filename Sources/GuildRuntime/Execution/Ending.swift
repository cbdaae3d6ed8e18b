import GuildCodex
import GuildDomain
import GuildLedger

/// How a turn ends its invocation.
struct Ending {
    /// The answer, as far as there is one.
    let text: String
    /// Nil for a success.
    let failure: Failure?

    var state: InvocationState { failure == nil ? .succeeded : .failed }

    /// - Parameter answered: every answered turn, `turn` the last of them.
    /// - Returns: nil if the conversation continues: calls have their results, an answer is to be repaired, or the
    ///   provider paused.
    init?(
        of turn: AnsweredTurn, after answered: [AnsweredTurn], _ builder: RequestBuilder, _ limits: InvocationLimits
    ) {
        guard turn.calls.isEmpty, let stop = turn.stop else { return nil }
        let agent = builder.agent.name
        switch stop {
        case .paused: return nil
        case .endTurn, .stopSequence, .toolUse:
            guard let problems = builder.problems(in: turn) else {
                failure = nil
                break
            }
            let wrong = answered.filter { builder.problems(in: $0) != nil }
            guard wrong.count > RequestBuilder.repairLimit else { return nil }
            failure = Failure(
                .failed, "the answer does not satisfy its schema: \(problems)",
                hint: "correct the prompt of agent \(agent), or its output.schema")
        case .maxTokens:
            failure = Failure(
                .failed, "the answer was cut at its limit of \(limits.replyLimit) tokens",
                hint: "raise max_output_tokens of the model, or replyLimit under `defaults` in guild.yaml")
        case .refusal:
            failure = Failure(
                .failed, "the model refused to answer",
                hint: "check the prompt of agent \(agent), and its input")
        case .contextWindowExceeded:
            failure = Failure(
                .failed, "the model's context window is full",
                hint: "give agent \(agent) less context, or a model with a larger window")
        }
        text = turn.text
    }
}
