import Foundation

/// One form of a secret, found in a text as it is and as URL, JSON, HTML or hexadecimal encoding writes it.
struct SecretPattern: Sendable, Hashable {
    let bytes: [UInt8]
    /// Base64 is wrapped into lines by many tools.
    let isBase64: Bool
    /// How long the secret itself is.
    let secretBytes: Int

    private enum Match: Equatable {
        case no
        /// As far as the text goes.
        case open
        case whole(end: Int)

        var end: Int { if case .whole(let end) = self { end } else { 0 } }
    }

    /// The end of the longest match of the pattern at `start`.
    func end(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
        var longest = max(exact(in: text, at: start).end, encoded(in: text, at: start).end)
        if !isBase64 { longest = max(longest, hexadecimal(in: text, at: start).end) }
        return longest > 0 ? longest : nil
    }

    /// Whether the text from `start` to its end can be the beginning of the pattern.
    func isOpen(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        exact(in: text, at: start) == .open || encoded(in: text, at: start) == .open
            || !isBase64 && hexadecimal(in: text, at: start) == .open
    }

    /// The pairs of bytes with which the pattern can begin in a text.
    var beginnings: [(UInt8, UInt8)] {
        let first = bytes[0]
        let second = bytes[1]
        let escapes = EncodedUnit.starters
        var pairs: [(UInt8, UInt8)] = [(first, second)] + escapes.map { (first, $0) }
        if isBase64 { pairs += [(first, 0x0A), (first, 0x0D)] }
        // A space may be a plus sign.
        if second == 0x20 { pairs.append((first, UInt8(ascii: "+"))) }
        if first == 0x20 { pairs += ([second] + escapes).map { (UInt8(ascii: "+"), $0) } }
        for digits in [PercentEncoding.upperDigits, PercentEncoding.lowerDigits] {
            let high = digits[Int(first >> 4)]
            pairs.append((UInt8(ascii: "%"), high))
            for low in [PercentEncoding.upperDigits, PercentEncoding.lowerDigits] where !isBase64 {
                pairs.append((high, low[Int(first & 15)]))
            }
        }
        // An entity, and the escape after a backslash unless it is another byte's escape, is decoded at the place itself.
        pairs += (0...255).map { (UInt8(ascii: "&"), $0) }
        pairs += (0...255).filter { EncodedUnit.mayEscape(first, letter: $0) }.map { (UInt8(ascii: "\\"), $0) }
        return pairs
    }

    private func exact(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> Match {
        for (offset, byte) in bytes.enumerated() {
            guard start + offset < text.count else { return .open }
            guard text[start + offset] == byte else { return .no }
        }
        return .whole(end: start + bytes.count)
    }

    /// Each byte as itself or in any of the encodings, which may be mixed, and escaped more than once.
    private func encoded(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> Match {
        var known = 0
        var place = start
        while known < bytes.count {
            guard place < text.count else { return .open }
            if isBase64, known > 0, let next = Self.lineEnd(in: text, at: place) {
                place = next
                continue
            }
            if let unit = EncodedUnit(in: text, at: place), matches(unit, from: known) {
                known += unit.count
                place += unit.length
            } else if text[place] == bytes[known] || (text[place] == UInt8(ascii: "+") && bytes[known] == 0x20) {
                known += 1
                place += 1
            } else if let next = EncodedUnit.oneLevelLess(in: text, at: place) {
                place = next
            } else {
                return EncodedUnit.mayBeCut(in: text, at: place) ? .open : .no
            }
        }
        return .whole(end: place)
    }

    private func matches(_ unit: EncodedUnit, from known: Int) -> Bool {
        guard unit.count <= bytes.count - known else { return false }
        return (0..<unit.count).allSatisfy { unit[$0] == bytes[known + $0] }
    }

    /// Two digits a byte, in either case, with one separator between bytes at most.
    private func hexadecimal(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> Match {
        var place = start
        for (known, byte) in bytes.enumerated() {
            if known > 0, place < text.count,
                [UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "-")].contains(text[place])
            {
                place += 1
            }
            guard place + 1 < text.count else { return .open }
            guard EncodedUnit.hexPair(in: text, at: place) == byte else { return .no }
            place += 2
        }
        return .whole(end: place)
    }

    private static func lineEnd(in text: UnsafeBufferPointer<UInt8>, at place: Int) -> Int? {
        if text[place] == 0x0A || text[place] == 0x0D { return place + 1 }
        guard let unit = EncodedUnit(in: text, at: place), unit.count == 1, [0x0A, 0x0D].contains(unit[0]) else {
            return nil
        }
        return place + unit.length
    }
}

/// One escape of URL (`%2F`), JSON (`\/`, `\u002f`, `\x2f`) or HTML (`&amp;`, `&#47;`) encoding, and the bytes it
/// encodes.
struct EncodedUnit {
    private let packed: UInt32
    /// The number of encoded bytes.
    let count: Int
    /// Bytes that it takes.
    let length: Int

    static let starters: [UInt8] = [UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: "&")]

    subscript(index: Int) -> UInt8 { UInt8(truncatingIfNeeded: packed >> (8 * UInt32(index))) }

    init?(in text: UnsafeBufferPointer<UInt8>, at place: Int) {
        guard place + 1 < text.count else { return nil }
        switch text[place] {
        case UInt8(ascii: "%"):
            guard let byte = Self.hexPair(in: text, at: place + 1) else { return nil }
            self.init(byte, length: 3)
        case UInt8(ascii: "\\"):
            switch text[place + 1] {
            case UInt8(ascii: "u"): self.init(scalarIn: text, at: place)
            case UInt8(ascii: "x"):
                guard let byte = Self.hexPair(in: text, at: place + 2) else { return nil }
                self.init(byte, length: 4)
            case let letter:
                guard let byte = Self.escaped(by: letter) else { return nil }
                self.init(byte, length: 2)
            }
        case UInt8(ascii: "&"): self.init(entityIn: text, at: place)
        default: return nil
        }
    }

    private init(_ byte: UInt8, length: Int) {
        packed = UInt32(byte)
        count = 1
        self.length = length
    }

    private init(_ scalar: Unicode.Scalar, length: Int) {
        var packed: UInt32 = 0
        var count = 0
        for byte in String(scalar).utf8 {
            packed |= UInt32(byte) << (8 * UInt32(count))
            count += 1
        }
        self.packed = packed
        self.count = count
        self.length = length
    }

    /// `\u002f`, or a pair of surrogates.
    private init?(scalarIn text: UnsafeBufferPointer<UInt8>, at place: Int) {
        guard let first = Self.unit16(in: text, at: place) else { return nil }
        if let scalar = Unicode.Scalar(UInt32(first)) {
            self.init(scalar, length: 6)
            return
        }
        guard (0xD800..<0xDC00).contains(first), let second = Self.unit16(in: text, at: place + 6),
            (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { return nil }
        self.init(scalar, length: 12)
    }

    private init?(entityIn text: UnsafeBufferPointer<UInt8>, at place: Int) {
        let name = text[place...].prefix(Self.longestEntity)
        guard let end = name.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let word = String(decoding: text[(place + 1)..<end], as: UTF8.self)
        if let byte = Self.entities[word] {
            self.init(byte, length: end + 1 - place)
            return
        }
        guard word.hasPrefix("#") else { return nil }
        let digits = word.dropFirst()
        let isHex = digits.first == "x" || digits.first == "X"
        guard let value = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits),
            let scalar = Unicode.Scalar(value)
        else { return nil }
        self.init(scalar, length: end + 1 - place)
    }

    /// The continuation of an escape that is itself escaped: `\\u002f` after its first backslash.
    static func oneLevelLess(in text: UnsafeBufferPointer<UInt8>, at place: Int) -> Int? {
        guard place + 1 < text.count, text[place] == UInt8(ascii: "\\"), text[place + 1] == UInt8(ascii: "\\") else {
            return nil
        }
        return place + 1
    }

    /// The longest that `init` reads.
    private static let longest = 12

    /// Whether an escape may begin here that continues after the end of the text.
    static func mayBeCut(in text: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
        starters.contains(text[place]) && text.count - place < longest
    }

    static func hexPair(in text: UnsafeBufferPointer<UInt8>, at place: Int) -> UInt8? {
        guard place + 1 < text.count, let high = PercentEncoding.hexDigit(text[place]),
            let low = PercentEncoding.hexDigit(text[place + 1])
        else { return nil }
        return high << 4 | low
    }

    private static func unit16(in text: UnsafeBufferPointer<UInt8>, at place: Int) -> UInt16? {
        guard place + 5 < text.count, text[place] == UInt8(ascii: "\\"), text[place + 1] == UInt8(ascii: "u"),
            let high = hexPair(in: text, at: place + 2), let low = hexPair(in: text, at: place + 4)
        else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    private static let longestEntity = 10
    private static let entities: [String: UInt8] = [
        "amp": UInt8(ascii: "&"), "lt": UInt8(ascii: "<"), "gt": UInt8(ascii: ">"), "quot": UInt8(ascii: "\""),
        "apos": UInt8(ascii: "'"), "nbsp": 0x20,
    ]

    /// Whether a backslash and `letter` may stand for `byte`, or begin something longer that does.
    static func mayEscape(_ byte: UInt8, letter: UInt8) -> Bool {
        switch letter {
        case UInt8(ascii: "u"), UInt8(ascii: "x"), UInt8(ascii: "\\"): true
        default: escaped(by: letter) == byte
        }
    }

    /// The byte that a backslash and one letter stand for.
    private static func escaped(by letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"): letter
        default: nil
        }
    }
}
