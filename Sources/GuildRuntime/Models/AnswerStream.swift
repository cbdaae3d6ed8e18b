import GuildConnectors
import GuildDomain

/// Assembles the events of one provider's stream into a turn: a value without I/O, fed event by event.
protocol AnswerStream: Sendable {
    /// True when no further event can change the turn.
    var isComplete: Bool { get }
    /// True when the answer is whole even if the stream breaks off now; only its usage may still be missing.
    var isAnswered: Bool { get }
    /// The usage that the provider has reported for the call so far; nil until the first report.
    var reportedUsage: ReportedUsage? { get }
    /// Text, reasoning and tool inputs so far.
    var contentBytes: Int { get }

    /// Takes the data of one event, or the whole answer of a server that does not stream.
    mutating func apply(event: String?, data: String) throws(ModelFailure) -> [ModelDelta]

    /// The turn, once the stream has ended.
    func finish() throws(ModelFailure) -> ModelTurn
}

/// The limits of an answer; a peer that sends more is broken or hostile.
enum AnswerLimits {
    /// Text, reasoning and tool inputs together.
    static let answerBytes = 8 << 20
    /// For each token of an answer's reply limit: the longest tokens are runs of 128 spaces. The spare bytes are for
    /// parts that do not count as tokens, such as signatures and ids.
    private static let bytesPerToken = 128
    private static let spareBytes = 256 << 10
    static let blocks = 256
    /// The arguments of one tool call.
    static let argumentBytes = 1 << 20
    /// Of a tool; some servers hide more than a name in a call's id.
    static let nameBytes = 512
    static let idBytes = 64 << 10
    /// Each costs work, however little is in it.
    static let events = 1 << 19
    static let eventBytes = 4 << 20
    static let eventDepth = 64
    /// An answer on the wire: an event is many times longer than the token it carries.
    static let streamBytes = 128 << 20
    static let errorBodyBytes = 64 << 10
    /// How much of a provider's own words an error carries.
    static let reasonCharacters = 400

    /// The longest accepted answer if `tokens` were requested; much more than that many tokens can take.
    static func answerBytes(outputLimit tokens: Int?) -> Int {
        guard let tokens else { return answerBytes }
        return min(answerBytes, min(max(0, tokens), answerBytes) * bytesPerToken + spareBytes)
    }
}

/// Counts the parts of an answer, refuses those beyond the limits, and words the reasons: a provider's own text is
/// masked whole before it is cut.
struct AnswerMeter: Sendable {
    let provider: String
    private let redactor: Redactor
    /// The reply limit that was sent, in tokens; nil if there is none known.
    private let outputLimit: Int?
    private(set) var bytes = 0
    /// Of these, signatures and the like: no tokens, only to be handed back.
    private(set) var opaqueBytes = 0
    private var events = 0

    init(provider: String, outputLimit: Int? = nil, redactor: Redactor = Redactor()) {
        self.provider = provider
        self.outputLimit = outputLimit
        self.redactor = redactor
    }

    mutating func add(_ text: String) throws(ModelFailure) {
        bytes += text.utf8.count
        let limit = AnswerLimits.answerBytes(outputLimit: outputLimit)
        guard bytes <= limit else {
            let asked = outputLimit.map { "; \($0) tokens were asked for" } ?? ""
            throw broken("the answer is longer than \(limit) bytes\(asked)")
        }
    }

    /// Counts a part that is only stored to be returned later.
    mutating func addOpaque(_ text: String) throws(ModelFailure) {
        opaqueBytes += text.utf8.count
        try add(text)
    }

    /// Counts one piece of a tool call's arguments, `known` bytes of which came before.
    mutating func addArguments(_ piece: String, to known: Int) throws(ModelFailure) {
        guard known + piece.utf8.count <= AnswerLimits.argumentBytes else {
            throw broken("the arguments of a tool call are longer than \(AnswerLimits.argumentBytes) bytes")
        }
        try add(piece)
    }

    mutating func addCall(id: String, name: String) throws(ModelFailure) {
        guard id.utf8.count <= AnswerLimits.idBytes, name.utf8.count <= AnswerLimits.nameBytes else {
            throw broken(
                "a tool call has a name longer than \(AnswerLimits.nameBytes) bytes or an id longer than "
                    + "\(AnswerLimits.idBytes)")
        }
        try add(id)
        try add(name)
    }

    func broken(_ reason: String) -> ModelFailure { .broken(provider: provider, reason: reason) }

    func excerpt(_ text: String) -> String { ProviderWords.excerpt(text, redactor) }

    mutating func parse(_ data: String) throws(ModelFailure) -> JSONValue {
        events += 1
        guard events <= AnswerLimits.events else {
            throw broken("the answer has over \(AnswerLimits.events) events")
        }
        let limits = JSONParser.Limits(bytes: AnswerLimits.eventBytes, depth: AnswerLimits.eventDepth)
        do {
            return try JSONParser.parse(data, limits: limits)
        } catch {
            throw broken("an event of the stream is \(error.message)")
        }
    }
}

/// The arguments of a tool call, from the text that the model wrote.
enum ToolInput {
    /// No text at all means no arguments, which some servers send for a tool without parameters.
    static func parse(_ text: String) -> Result<JSONValue, JSONParser.Problem> {
        guard text.utf8.contains(where: { $0 > 0x20 }) else { return .success(.object(JSONObject())) }
        do {
            let value = try JSONParser.parse(
                text, limits: JSONParser.Limits(bytes: AnswerLimits.answerBytes, depth: AnswerLimits.eventDepth))
            return .success(value.isNull ? .object(JSONObject()) : value)
        } catch {
            return .failure(error)
        }
    }
}

extension ModelTurn.Stop {
    /// Whether the model was cut off, so that its last tool call may be unfinished.
    var cutsShort: Bool { self == .maxTokens || self == .contextWindowExceeded || self == .refusal }
}
