import GuildDomain

/// Collects the header lines of one response head, as curl hands them over.
struct HTTPHeadParser {
    private var headers = Headers()
    private var pending: (name: String, value: String)?

    /// Takes a line with its end. A line that begins with a blank continues the previous one (RFC 9112, section 5.2); a
    /// line without a colon is dropped.
    mutating func push(_ line: some BidirectionalCollection<UInt8>) {
        let text = Self.trimmed(line)
        if let first = line.first, Self.isBlank(first) {
            if !text.isEmpty { pending?.value += " " + text }
            return
        }
        flush()
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon != line.startIndex else { return }
        pending = (Self.trimmed(line[..<colon]), Self.trimmed(line[line.index(after: colon)...]))
    }

    /// The fields so far; the parser is then ready for another head.
    mutating func finish() -> Headers {
        flush()
        defer { headers = Headers() }
        return headers
    }

    private mutating func flush() {
        if let field = pending.take() { headers.append(field.name, field.value) }
    }

    private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> String {
        let start = bytes.drop(while: isBlank)
        let end = start.lastIndex { !isBlank($0) }.map { start.index(after: $0) } ?? start.startIndex
        return String(decoding: start[..<end], as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
}
