extension JSONValue {
    /// How the text is laid out.
    package enum Layout: Sendable {
        case compact
        /// Two spaces a level, one member a line.
        case pretty
        /// Compact, the members of each object sorted by key: equal documents have equal text.
        case canonical
        /// Pretty, for a place between tags: each `</` is written `<\/`, so that nothing in it looks like the end of one.
        case embedded
    }

    /// The value as JSON text.
    package func text(_ layout: Layout = .compact) -> String { String(decoding: bytes(layout), as: UTF8.self) }

    /// The document as UTF-8.
    package func bytes(_ layout: Layout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout: layout)
        writer.write(self, level: 0)
        return writer.output
    }

    /// How long the compact text is, without writing it.
    package var byteCount: Int {
        switch self {
        case .null: 4
        case .bool(let flag): flag ? 4 : 5
        case .number(let number): number.description.utf8.count
        case .string(let text): JSONText.byteCount(text)
        case .array(let elements):
            elements.reduce(2 + max(0, elements.count - 1)) { $0 + $1.byteCount }
        case .object(let object):
            // Each member has a colon, and a comma unless it is the last.
            object.members.reduce(2 + max(0, object.members.count * 2 - 1)) {
                $0 + JSONText.byteCount($1.key) + $1.value.byteCount
            }
        }
    }
}

/// The bytes of strings in a JSON text.
private enum JSONText {
    /// Of the string with its quotes and escapes.
    static func byteCount(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var count = bytes.count + 2
            var place = plainEnd(of: bytes, from: 0)
            while place < bytes.count {
                count += hasShortEscape(bytes[place]) ? 1 : 5
                place = plainEnd(of: bytes, from: place + 1)
            }
            return count
        }
    }

    /// Where the bytes from `start` on that stand for themselves end; eight of them are looked at together.
    ///
    /// - Parameter stop: one more byte to end at; the quote if there is none.
    @inline(__always)
    static func plainEnd(of bytes: UnsafeBufferPointer<UInt8>, from start: Int, stop: UInt8 = 0x22) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var place = start
        while place + 8 <= bytes.count {
            let count = plainCount(of: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self), stop: stop)
            place += count
            if count < 8 { return place }
        }
        while place < bytes.count, !mustEscape(bytes[place]), bytes[place] != stop { place += 1 }
        return place
    }

    /// How many of eight bytes, as they are in memory, stand for themselves before the first one that does not.
    @inline(__always)
    static func plainCount(of bytes: UInt64, stop: UInt8) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let word = UInt64(littleEndian: bytes)
        // As in `JSONParser.skipPlain`: a high bit marks a byte that is smaller, or equal after the exclusive or.
        let quotes = word ^ (ones &* 0x22)
        let slashes = word ^ (ones &* 0x5C)
        let deletes = word ^ (ones &* 0x7F)
        let stops = word ^ (ones &* UInt64(stop))
        let hits =
            ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (deletes &- ones) & ~deletes
                | (stops &- ones) & ~stops | (word &- ones &* 0x20) & ~word) & highs
        return hits == 0 ? 8 : hits.trailingZeroBitCount / 8
    }

    static func mustEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F }

    /// Of those that must be escaped: whether a backslash and one letter do.
    private static func hasShortEscape(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x5C, 0x0A, 0x0D, 0x09: true
        default: false
        }
    }
}

private struct JSONWriter {
    private let layout: JSONValue.Layout
    private let isPretty: Bool
    /// One more byte to look at in strings: what may be the beginning of a tag.
    private let stop: UInt8
    private(set) var output: [UInt8] = []

    init(layout: JSONValue.Layout) {
        self.layout = layout
        isPretty = layout == .pretty || layout == .embedded
        stop = layout == .embedded ? UInt8(ascii: "<") : 0x22
    }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .number(let number): append(number.description)
        case .string(let text): write(text)
        case .array(let elements):
            write(elements, between: ("[", "]"), level: level) { $0.write($1, level: level + 1) }
        case .object(let object):
            let members = layout == .canonical ? object.members.sorted { $0.key < $1.key } : object.members
            write(members, between: ("{", "}"), level: level) {
                $0.write($1.key)
                $0.append($0.isPretty ? ": " : ":")
                $0.write($1.value, level: level + 1)
            }
        }
    }

    private mutating func write<Item>(
        _ items: [Item], between brackets: (StaticString, StaticString), level: Int,
        each: (inout JSONWriter, Item) -> Void
    ) {
        append(brackets.0)
        for (index, item) in items.enumerated() {
            if index > 0 { append(",") }
            newLine(level: level + 1)
            each(&self, item)
        }
        if !items.isEmpty { newLine(level: level) }
        append(brackets.1)
    }

    private mutating func newLine(level: Int) {
        guard isPretty else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: level * 2))
    }

    /// A document within a string is a tenth quotes, so that it is put together in a small buffer, eight bytes at a time.
    private mutating func write(_ text: String) {
        output.append(0x22)
        var text = text
        text.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 8) { piece in
                let raw = UnsafeRawBufferPointer(bytes)
                var place = 0
                var filled = 0
                while place < raw.count {
                    if filled > Self.pieceBytes - Self.longestStep {
                        output.append(contentsOf: piece[..<filled])
                        filled = 0
                    }
                    if place + 8 <= raw.count {
                        let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                        piece.storeBytes(of: word, toByteOffset: filled, as: UInt64.self)
                        let count = JSONText.plainCount(of: word, stop: stop)
                        place += count
                        filled += count
                        if count == 8 { continue }
                    }
                    filled += Self.escape(raw[place], into: piece, at: filled)
                    if layout == .embedded, raw[place] == stop, place + 1 < raw.count, raw[place + 1] == 0x2F {
                        piece[filled] = 0x5C
                        filled += 1
                    }
                    place += 1
                }
                output.append(contentsOf: piece[..<filled])
            }
        }
        output.append(0x22)
    }

    private static let pieceBytes = 1024
    /// Eight bytes at once, the longest escape, and the backslash of an embedded document.
    private static let longestStep = 8 + 6 + 1
    private static let digits = Array("0123456789abcdef".utf8)

    /// Writes a byte that may not stand for itself, or that was stopped at.
    ///
    /// - Returns: how many bytes that took.
    @inline(__always)
    private static func escape(_ byte: UInt8, into piece: UnsafeMutableRawBufferPointer, at place: Int) -> Int {
        let letter: UInt8
        switch byte {
        case 0x22, 0x5C: letter = byte
        case 0x0A: letter = UInt8(ascii: "n")
        case 0x0D: letter = UInt8(ascii: "r")
        case 0x09: letter = UInt8(ascii: "t")
        case 0..<0x20, 0x7F:
            let escape = Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            piece[place...].copyBytes(from: escape)
            return escape.count
        default:
            piece[place] = byte
            return 1
        }
        piece[place] = 0x5C
        piece[place + 1] = letter
        return 2
    }

    private mutating func append(_ text: StaticString) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }
}
