import GuildDomain
import GuildHTTP

/// A vendor's request, understood.
struct ModelCall: Sendable {
    var model: String
    var streams: Bool
    var maxOutputTokens: Int64?
    var toolNames: [String]
    /// All text of the conversation, for a script to match.
    var text: String
    var lastUserText: String
    /// The conversation ends with the result of a tool.
    var hasToolResult: Bool
    var inputTokens: Int64
    /// OpenAI's `stream_options.include_usage`.
    var includesUsage = false

    /// A plain estimate: a token for each four bytes, and never none.
    static func tokens(ofBytes count: Int) -> Int64 { max(1, Int64((count + 3) / 4)) }
}

/// A model's answer with its identifiers and counts, ready to be written in a vendor's format.
struct ModelReply: Sendable {
    enum Block: Sendable {
        case text(String)
        case tool(serial: Int, name: String, input: JSONValue)
    }

    let call: ModelCall
    let serial: Int
    let created: Int64
    let blocks: [Block]
    let stop: ModelAnswer.Stop
    let inputTokens: Int64
    let outputTokens: Int64
    let cacheRead: Int64
    let cacheWrite: Int64
    let reasoning: Int64

    /// An answer longer than the request allows is cut, as the vendors do.
    init(_ answer: ModelAnswer, to call: ModelCall, created: Int64, nextSerial: () -> Int) {
        self.call = call
        self.created = created
        serial = nextSerial()
        var room = call.maxOutputTokens ?? .max
        var blocks: [Block] = []
        var used: Int64 = 0
        var isCut: Bool = false
        for block in answer.blocks where !isCut {
            switch block {
            case .text(let text):
                let cost = ModelCall.tokens(ofBytes: text.utf8.count)
                isCut = cost > room
                blocks.append(.text(isCut ? Self.cut(text, toTokens: room) : text))
                used += min(cost, room)
                room -= min(cost, room)
            case .tool(let name, let input):
                let cost = ModelCall.tokens(ofBytes: name.utf8.count + input.byteCount)
                isCut = cost > room
                guard !isCut else { continue }
                blocks.append(.tool(serial: nextSerial(), name: name, input: input))
                used += cost
                room -= cost
            }
        }
        self.blocks = blocks
        let usesTools = blocks.contains { if case .tool = $0 { true } else { false } }
        stop = isCut ? .maxTokens : answer.stop ?? (usesTools ? .toolUse : .endTurn)
        inputTokens = answer.usage.input ?? call.inputTokens
        outputTokens = answer.usage.output ?? max(1, used)
        cacheRead = answer.usage.cacheRead ?? 0
        cacheWrite = answer.usage.cacheWrite ?? 0
        reasoning = answer.usage.reasoning ?? 0
    }

    private static func cut(_ text: String, toTokens tokens: Int64) -> String {
        var bytes = 0
        let room = Int(clamping: tokens) * 4
        return String(
            text.prefix {
                bytes += $0.utf8.count
                return bytes <= room
            })
    }

    /// Text as a stream brings it: a few words at a time.
    static func pieces(of text: String, characters: Int = 24) -> [String] {
        var pieces: [String] = []
        var rest: Substring = text[...]
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(characters)))
            rest = rest.dropFirst(characters)
        }
        return pieces
    }
}

/// Why a vendor refuses a request.
struct WireRefusal: Error {
    let status: Int
    let message: String
    /// The vendor's own kind of error; nil follows from the status.
    var kind: String?
    var parameter: String?
    var code: String?
}

/// A vendor's format.
protocol ModelWire: Sendable {
    var name: String { get }
    func call(_ request: Request) throws -> ModelCall
    func whole(_ reply: ModelReply) -> JSONValue
    /// The events of a stream, as they go out.
    func events(_ reply: ModelReply) -> [[UInt8]]
    func refusal(_ refusal: WireRefusal, serial: Int) -> Reply
    func headers(serial: Int) -> Headers
}
