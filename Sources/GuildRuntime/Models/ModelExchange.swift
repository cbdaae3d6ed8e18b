import GuildConnectors
package import GuildDomain

/// One call of a model, in no vendor's format.
package struct ModelRequest: Sendable, Hashable {
    /// The provider's own name of the model.
    package var model: String
    /// The system prompt.
    package var system: String
    /// The conversation so far.
    package var messages: [ModelMessage]
    /// In a stable order.
    package var tools: [ModelTool]
    /// The reply limit in tokens.
    package var maxOutputTokens: Int
    /// The rest of the reply limit that the budget allows. It is not part of the question: recordings do not know it.
    package var grantedOutputTokens: Int?
    /// The reservation for the input, which is not part of the question either.
    package var reservedInputTokens: Int64?
    /// What its masking knew; nil if it was not masked. No part of the question either.
    var maskedAs: Redactor.Mark?

    /// The reply limit that goes to the provider.
    package var outputLimit: Int { max(1, min(maxOutputTokens, grantedOutputTokens ?? maxOutputTokens)) }

    package init(
        model: String, system: String, messages: [ModelMessage], tools: [ModelTool] = [], maxOutputTokens: Int = 1024
    ) {
        self.model = model
        self.system = system
        self.messages = messages
        self.tools = tools
        self.maxOutputTokens = maxOutputTokens
    }
}

/// A tool that the model may call.
package struct ModelTool: Sendable, Hashable {
    /// Our name, with dots: `SYSTEM.add_labels`. A provider whose names may not hold dots writes `SYSTEM__add_labels`.
    package var name: String
    /// The description for the model.
    package var summary: String
    /// The JSON Schema of the arguments.
    package var schema: JSONValue

    package init(name: String, summary: String, schema: JSONValue) {
        self.name = name
        self.summary = summary
        self.schema = schema
    }
}

/// One message of the conversation.
package struct ModelMessage: Sendable, Hashable {
    /// The author of a message.
    package enum Role: String, Sendable { case user, assistant }

    /// The author.
    package var role: Role
    /// The parts of the message, in their order.
    package var content: [ModelContent]

    package init(role: Role, content: [ModelContent]) {
        self.role = role
        self.content = content
    }
}

/// One part of a message.
package enum ModelContent: Sendable, Hashable {
    case text(String)
    case toolUse(id: String, name: String, input: JSONValue)
    case toolResult(id: String, content: String, isError: Bool)
    /// The provider's own reasoning block, handed back to it as it came.
    case reasoning(JSONValue)

    var isToolUse: Bool { if case .toolUse = self { true } else { false } }
}

/// A model's whole answer.
package struct ModelTurn: Sendable, Hashable {
    /// Why the model stopped.
    package enum Stop: String, Sendable {
        case endTurn = "end_turn"
        case maxTokens = "max_tokens"
        case stopSequence = "stop_sequence"
        case toolUse = "tool_use"
        case refusal
        case contextWindowExceeded = "context_window_exceeded"
        case paused = "pause_turn"
    }

    /// The parts of the answer, in their order.
    package var content: [ModelContent]
    /// Why the model stopped.
    package var stop: Stop
    /// Nil if the provider reported none: the caller settles at the reserved bound, marked estimated.
    package var usage: TokenUsage?
    /// Whether `usage` is our own estimate, because the provider's figures cannot be.
    package var isUsageEstimated = false
    /// Why the provider's figures were not taken.
    package var usageDoubt: String?
    /// The model that ran, according to the provider.
    package var model: String
    /// The provider's id of the answer.
    package var responseID: String?
    /// `authored` or `recorded` for a replayed answer; nil for a live one.
    package var replayOrigin: String?
    /// A note for people about an answer that is valid all the same: an unknown stop reason.
    package var warning: String?

    /// An answer that was refused or filtered asks for nothing: calls that came before the refusal are left out.
    package init(
        content: [ModelContent], stop: Stop, usage: TokenUsage?, model: String, responseID: String? = nil,
        replayOrigin: String? = nil, warning: String? = nil
    ) {
        self.content = stop == .refusal ? content.filter { !$0.isToolUse } : content
        self.stop = stop
        self.usage = usage
        self.model = model
        self.responseID = responseID
        self.replayOrigin = replayOrigin
        self.warning = warning
    }
}

/// A piece of an answer as it streams in.
package enum ModelDelta: Sendable, Hashable {
    case text(String)
    case reasoning(String)
    case toolUseStarted(id: String, name: String)
}

/// Why a call brought no answer.
package enum ModelFailure: GuildError, Equatable {
    /// Worth another try: 408, 409, 425, 429, 5xx, a connection that failed before the request was accepted.
    ///
    /// `status` is nil if there was neither an HTTP status nor an error code that corresponds to one.
    case retryable(provider: String, reason: String, retryAfter: Duration?, status: Int? = nil)
    /// The provider refused the request for good.
    ///
    /// `parameter` is the member of the request that it rejects, if it names one.
    case rejected(provider: String, status: Int, reason: String, parameter: String? = nil)
    /// The stream ended or made no sense after the request was sent; tokens may have been billed.
    case broken(provider: String, reason: String)
    /// Nothing more came within our patience after the request was sent; tokens may have been billed.
    case stalled(provider: String, reason: String)
    /// The provider is not set up: no key, no recording.
    case notConfigured(provider: String, reason: String, hint: String)
    /// No operator lets the key go there.
    case untrusted(provider: String, reason: String, hint: String)
    /// No recorded answer for this request.
    case replayMiss(reason: String, hint: String)
    case cancelled
    /// Any of the others, after the provider had reported the usage of the call.
    indirect case billed(ModelFailure, usage: JudgedUsage)

    /// The failure itself.
    package var cause: ModelFailure { if case .billed(let cause, _) = self { cause.cause } else { self } }

    /// The usage that the provider reported for the call.
    package var usage: JudgedUsage? { if case .billed(_, let usage) = self { usage } else { nil } }

    package var kind: ErrorKind {
        switch self {
        case .retryable, .stalled, .notConfigured: .unavailable
        case .rejected, .broken, .replayMiss: .failed
        case .untrusted: .refused
        case .cancelled: .interrupted
        case .billed(let cause, _): cause.kind
        }
    }

    /// Whether the provider may have billed tokens that it did not report.
    package var mayHaveBilled: Bool {
        switch self {
        case .broken, .stalled, .cancelled, .billed: true
        case .retryable, .rejected, .notConfigured, .untrusted, .replayMiss: false
        }
    }

    package var message: String {
        switch self {
        case .retryable(let provider, let reason, _, _): "\(provider): \(reason)"
        case .rejected(let provider, let status, let reason, _):
            "\(provider): refused the request (\(status)): \(reason)"
        case .broken(let provider, let reason), .stalled(let provider, let reason): "\(provider): \(reason)"
        case .notConfigured(let provider, let reason, _), .untrusted(let provider, let reason, _):
            "\(provider): \(reason)"
        case .replayMiss(let reason, _): reason
        case .cancelled: "the model call was cancelled"
        case .billed(let cause, _): cause.message
        }
    }
}

/// Maps a `ModelRequest` to one wire format and back, streaming always.
package protocol ModelProvider: Sendable {
    /// `anthropic`, `openai`, `replay`: for messages and audit.
    var name: String { get }

    /// - Parameter onDelta: called in order, on no particular thread, as the answer streams in.
    func complete(
        _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn
}
