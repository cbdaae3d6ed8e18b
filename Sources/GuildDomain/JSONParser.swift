/// A strict JSON parser (RFC 8259) for untrusted text: bounded size and depth, bounded recursion.
///
/// Every webhook passes it, so it scans plain text eight bytes at a time and copies nothing twice.
package struct JSONParser {
    /// How large and deep a document may be.
    package struct Limits: Sendable {
        /// The largest document, in bytes.
        package var bytes: Int
        /// The deepest nesting of objects and lists.
        package var depth: Int

        package init(bytes: Int = 32 << 20, depth: Int = 128) {
            self.bytes = bytes
            self.depth = depth
        }
    }

    /// Where and why a document was refused.
    package struct Problem: GuildError, Equatable {
        /// The place of the problem, counted in bytes from 0.
        package let byteOffset: Int
        /// The problem at that place.
        package let reason: String

        package var kind: ErrorKind { .failed }
        package var message: String { "not JSON at byte \(byteOffset): \(reason)" }
        package var hint: String? { nil }
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let limits: Limits
    var position = 0

    /// Parses a whole document.
    package static func parse(_ text: some StringProtocol, limits: Limits = Limits()) throws(Problem) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    /// Parses a whole document in UTF-8.
    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(Problem) -> JSONValue {
        try document(bytes, limits: limits) { (parser) throws(Problem) in try parser.value(depth: 0) }
    }

    /// One value by `read` with nothing but white space around it.
    static func document(
        _ bytes: [UInt8], limits: Limits, read: (inout JSONParser) throws(Problem) -> JSONValue
    ) throws(Problem) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw Problem(byteOffset: limits.bytes, reason: "larger than \(limits.bytes) bytes")
        }
        return try bytes.withUnsafeBufferPointer { (buffer) throws(Problem) -> JSONValue in
            var parser = JSONParser(bytes: buffer, limits: limits)
            parser.skipSpace()
            if buffer.starts(with: [0xEF, 0xBB, 0xBF]) {
                throw parser.problem("it begins with a byte order mark (U+FEFF), which JSON does not have")
            }
            let value = try read(&parser)
            parser.skipSpace()
            guard parser.position == buffer.count else { throw parser.problem("text after the end of the value") }
            return value
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func problem(_ reason: String) -> Problem { Problem(byteOffset: position, reason: reason) }

    @inline(__always)
    mutating func skipSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    mutating func value(depth: Int) throws(Problem) -> JSONValue {
        switch try begin(depth: depth) {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default:
            let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[try number()]), as: UTF8.self)
            return .number(JSONNumber(validated: text))
        }
    }

    /// The first byte of a value, which must be able to begin one.
    @inline(__always)
    func begin(depth: Int) throws(Problem) -> UInt8 {
        guard depth < limits.depth else { throw problem("nested deeper than \(limits.depth)") }
        guard let byte = current else { throw problem("the text ends where a value should be") }
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "t"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return byte
        default: throw problem("a value cannot begin with this character")
        }
    }

    private mutating func object(depth: Int) throws(Problem) -> JSONValue {
        guard try enter(closing: UInt8(ascii: "}")) else { return .object(JSONObject()) }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(Self.firstCapacity)
        repeat {
            guard current == UInt8(ascii: "\"") else { throw problem("expected a key in double quotes") }
            let key = try string()
            try colon()
            members.append(JSONObject.Member(key: key, value: try value(depth: depth + 1)))
        } while try next(closing: UInt8(ascii: "}"), "expected ',' or '}' in an object")
        return .object(JSONObject(parsed: members))
    }

    private mutating func array(depth: Int) throws(Problem) -> JSONValue {
        guard try enter(closing: UInt8(ascii: "]")) else { return .array([]) }
        var elements: [JSONValue] = []
        repeat {
            elements.append(try value(depth: depth + 1))
        } while try next(closing: UInt8(ascii: "]"), "expected ',' or ']' in a list")
        return .array(elements)
    }

    /// Room that an object is given at once; most have no more members.
    private static let firstCapacity = 8

    /// Steps into an object or list.
    ///
    /// - Returns: false when it is empty; the position is then after its end.
    @inline(__always)
    mutating func enter(closing: UInt8) throws(Problem) -> Bool {
        position += 1
        skipSpace()
        guard current == closing else { return true }
        position += 1
        return false
    }

    /// Steps over the separator between two elements.
    ///
    /// - Returns: false at the end of the object or list; the position is then after it.
    @inline(__always)
    mutating func next(closing: UInt8, _ reason: StaticString) throws(Problem) -> Bool {
        skipSpace()
        if current == closing {
            position += 1
            return false
        }
        guard current == UInt8(ascii: ",") else { throw problem("\(reason)") }
        position += 1
        skipSpace()
        return true
    }

    @inline(__always)
    mutating func colon() throws(Problem) {
        skipSpace()
        guard current == UInt8(ascii: ":") else { throw problem("expected ':' after a key") }
        position += 1
        skipSpace()
    }

    mutating func literal(_ text: StaticString) throws(Problem) {
        for index in 0..<text.utf8CodeUnitCount {
            guard current == text.utf8Start[index] else { throw problem("expected '\(text)'") }
            position += 1
        }
    }
}

// MARK: - Numbers and strings

extension JSONParser {
    /// Steps over a number and returns its range.
    mutating func number() throws(Problem) -> Range<Int> {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        guard position - start <= 400 else { throw problem("a number of over 400 digits") }
        return start..<position
    }

    private mutating func digits() throws(Problem) {
        let start = position
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
        guard position > start else { throw problem("expected a digit") }
    }

    mutating func string() throws(Problem) -> String {
        position += 1
        let start = position
        let isASCII = skipPlain()
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            let plain = UnsafeBufferPointer(rebasing: bytes[start..<position])
            let text = isASCII ? Self.text(ofASCII: plain) : try decoded(plain)
            position += 1
            return text
        }
        var text: [UInt8] = []
        try unescape(from: start, into: &text)
        return try text.withUnsafeBufferPointer { (buffer) throws(Problem) -> String in try decoded(buffer) }
    }

    /// Steps over literal bytes of a string, to the first other byte or to the end.
    ///
    /// - Returns: whether all of them were ASCII.
    @inline(__always) @discardableResult
    mutating func skipPlain() -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawBufferPointer(bytes)
        var seen: UInt64 = 0
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // A byte of the difference has its high bit set, and the word's own not, where the word's byte is smaller:
            // than 1 after the exclusive or (so equal to the sought one), than 0x20 without. A borrow can only spoil
            // bytes above the first hit (Anderson, "Bit Twiddling Hacks", determine if a word has a byte less than n).
            let quotes = word ^ (ones &* 0x22)
            let escapes = word ^ (ones &* 0x5C)
            let hits =
                ((quotes &- ones) & ~quotes | (escapes &- ones) & ~escapes | (word &- ones &* 0x20) & ~word) & highs
            if hits != 0 {
                let before = hits.trailingZeroBitCount & ~7
                position += before / 8
                return (seen | word & ((1 << UInt64(before)) &- 1)) & highs == 0
            }
            seen |= word
            position += 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
            seen |= UInt64(byte)
            position += 1
        }
        return seen & highs == 0
    }

    /// Reads the rest of a string whose text so far, without an escape, began at `start`; ends after its quote.
    private mutating func unescape(from start: Int, into text: inout [UInt8]) throws(Problem) {
        var start = start
        while position < bytes.count {
            text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            default: throw problem("a control character in a string")
            }
            start = position
            skipPlain()
        }
        throw problem("the text ends inside a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Problem) {
        guard let byte = current else { throw problem("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            text.append(contentsOf: UTF8.encode(try unicodeEscape()) ?? UTF8.encodedReplacementCharacter)
        default: throw problem("an unknown escape in a string")
        }
    }

    /// A lone surrogate becomes U+FFFD: JSON allows it, Swift's strings do not.
    private mutating func unicodeEscape() throws(Problem) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if first & 0xFC00 == 0xD800, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let mark = position
            position += 2
            let second = try fourHexDigits()
            if second & 0xFC00 == 0xDC00 {
                return Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + second & 0x3FF) ?? "\u{FFFD}"
            }
            position = mark
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func fourHexDigits() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch current {
            case let byte? where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
            case let byte? where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66: digit = (byte | 0x20) - 0x57
            default: throw problem("expected four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// ASCII is UTF-8 as it is: nothing of it has to be looked at again.
    private static func text(ofASCII bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count) { $0.initialize(fromContentsOf: bytes) }
    }

    func decoded(_ buffer: UnsafeBufferPointer<UInt8>) throws(Problem) -> String {
        guard let text = String(validating: buffer, as: UTF8.self) else { throw problem("a string that is not UTF-8") }
        return text
    }
}
