import GuildDomain

/// One step of a script: the request that it is for, and its effect on that request.
struct ScriptEntry: Sendable {
    enum Fault: Sendable, Equatable {
        /// Nothing more comes, and the connection stays.
        case stall
        /// The connection breaks.
        case truncate
        /// Bytes that make no sense, then the regular end.
        case garbage
        /// A status with the vendor's error object.
        case http(status: Int, retryAfterSeconds: Int64?)
    }

    // Which request.

    /// Found in the text of the conversation, or of the path and body of a GitHub request.
    var match: String?
    /// Found in the path: the step is for a GitHub request. Nil is for a model's.
    var path: String?
    var method: String?
    var model: String?
    var hasToolResult: Bool?
    /// How often the step applies; nil without end.
    var times: Int?

    // The effect.

    /// Nil answers as without a script.
    var answer: ModelAnswer?
    var fault: Fault?
    /// Events of a stream that still go out before the fault or the gate.
    var afterEvents: Int?
    /// The gate that holds the answer.
    var gate: String?
    var delay: Duration?
    /// For a GitHub write: the change is made first, then the answer is held or lost.
    var isAfterEffect = false
}

/// A model's answer, in no vendor's format.
struct ModelAnswer: Sendable {
    enum Block: Sendable {
        case text(String)
        case tool(name: String, input: JSONValue)
    }

    enum Stop: String, Sendable {
        case endTurn = "end_turn"
        case toolUse = "tool_use"
        case maxTokens = "max_tokens"
        case stopSequence = "stop_sequence"
        case refusal
    }

    var blocks: [Block]
    /// Nil follows from the blocks.
    var stop: Stop?
    /// Overrides the estimated counts.
    var usage = Usage()

    struct Usage: Sendable {
        var input: Int64?
        var output: Int64?
        var cacheRead: Int64?
        var cacheWrite: Int64?
        var reasoning: Int64?
    }
}
