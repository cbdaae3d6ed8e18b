package import GuildDomain

/// One event of a `text/event-stream`.
package struct ServerSentEvent: Sendable, Hashable {
    /// `message` unless the sender named it.
    package var event: String
    /// The data lines, joined by line feeds.
    package var data: String
    /// The last event id of the stream so far; empty if there was none.
    package var id: String

    package init(event: String = "message", data: String, id: String = "") {
        self.event = event
        self.data = data
        self.id = id
    }
}

/// A stream with a line or an event that is larger than its reader's limit.
package struct OversizedServerSentEvent: GuildError, Equatable {
    /// The limit that was exceeded, in bytes.
    package let limitBytes: Int

    package var kind: ErrorKind { .unavailable }
    package var message: String { "the event stream has a line or an event larger than \(limitBytes) bytes" }
    package var hint: String? { nil }
}

/// Reads an event stream piece by piece (WHATWG HTML, section 9.2.6, "Interpreting an event stream").
///
/// Pieces may end anywhere, inside a character or between CR and LF. Invalid UTF-8 becomes U+FFFD. An event without an
/// empty line after it does not count.
package struct ServerSentEvents: Sendable {
    /// The limit of a line and of the data of an event, in bytes, unless given: room for an image in base64.
    package static let defaultLimitBytes = 8 << 20

    private let limitBytes: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var eventName = ""
    /// The line feed after a carriage return belongs to it.
    private var skipsLineFeed = false
    private var isFirstLine = true

    /// The id to send as `Last-Event-ID` on reconnecting; empty if there is none.
    package private(set) var lastEventID = ""
    /// The sender's requested delay before a reconnection.
    package private(set) var reconnectionDelay: Duration?

    package init(limitBytes: Int = Self.defaultLimitBytes) { self.limitBytes = max(1, limitBytes) }

    /// Takes the next bytes and returns the events that they complete. After an error the stream is of no more use.
    package mutating func push(_ bytes: [UInt8]) throws(OversizedServerSentEvent) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var rest = bytes[...]
        if skipsLineFeed, let first = rest.first {
            skipsLineFeed = false
            if first == 0x0A { rest = rest.dropFirst() }
        }
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            try extendLine(by: rest[..<end])
            if let event = try endLine() { events.append(event) }
            let next = rest.index(after: end)
            let isReturn = rest[end] == 0x0D
            rest = rest[next...]
            guard isReturn else { continue }
            if rest.isEmpty { skipsLineFeed = true } else if rest.first == 0x0A { rest = rest.dropFirst() }
        }
        try extendLine(by: rest)
        return events
    }

    private mutating func extendLine(by bytes: ArraySlice<UInt8>) throws(OversizedServerSentEvent) {
        guard line.count + bytes.count <= limitBytes else { throw OversizedServerSentEvent(limitBytes: limitBytes) }
        line += bytes
    }

    private mutating func endLine() throws(OversizedServerSentEvent) -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        var text = line[...]
        if isFirstLine {
            isFirstLine = false
            if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        }
        guard !text.isEmpty else { return dispatch() }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else {
            try takeField(text, value: [])
            return nil
        }
        var value = text[text.index(after: colon)...]
        if value.first == 0x20 { value = value.dropFirst() }
        try takeField(text[..<colon], value: value)
        return nil
    }

    /// A field without a name is a comment; an unknown one is ignored.
    private mutating func takeField(
        _ name: ArraySlice<UInt8>, value: ArraySlice<UInt8>
    ) throws(OversizedServerSentEvent) {
        if name.elementsEqual("data".utf8) {
            guard data.count + value.count + 1 <= limitBytes else {
                throw OversizedServerSentEvent(limitBytes: limitBytes)
            }
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        } else if name.elementsEqual("event".utf8) {
            eventName = String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8), let milliseconds = Self.digits(value) {
            reconnectionDelay = .milliseconds(milliseconds)
        }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            data.removeAll(keepingCapacity: true)
            hasData = false
            eventName = ""
        }
        guard hasData else { return nil }
        return ServerSentEvent(
            event: eventName.isEmpty ? "message" : eventName, data: String(decoding: data, as: UTF8.self),
            id: lastEventID)
    }

    private static func digits(_ value: ArraySlice<UInt8>) -> Int64? {
        guard !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(String(decoding: value, as: UTF8.self))
    }
}
