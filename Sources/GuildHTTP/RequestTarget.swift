/// The target of a request line (RFC 9112, section 3.2), taken apart and percent-decoded.
struct RequestTarget: Sendable {
    /// As sent, without the query.
    let path: String
    /// The decoded segments of the path; an empty last one means a trailing slash.
    let segments: [String]
    let query: [(name: String, value: String)]
    /// That of the absolute form, which proxies send.
    let authority: Substring?

    private static let maximumSegments = 64
    private static let maximumFields = 256

    /// - Returns: nil for a wrong percent-encoding, bytes that are not UTF-8, a zero byte, or too many parts.
    init?(_ target: String) {
        var rest = target[...]
        if rest.utf8.starts(with: "/".utf8) {
            authority = nil
        } else {
            guard let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://") else { return nil }
            rest = rest[colon...].dropFirst(3)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            authority = rest[..<end]
            rest = end < rest.endIndex && rest[end] == "/" ? rest[end...] : "/" + rest[end...]
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = String(rest[..<(mark ?? rest.endIndex)])
        guard let segments = Self.segments(of: path) else { return nil }
        self.segments = segments
        guard let mark else {
            query = []
            return
        }
        guard let query = Self.fields(of: rest[rest.utf8.index(after: mark)...]) else { return nil }
        self.query = query
    }

    private static func segments(of path: String) -> [String]? {
        let raw = path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), maxSplits: maximumSegments, omittingEmptySubsequences: false)
        guard raw.count <= maximumSegments else { return nil }
        var segments: [String] = []
        segments.reserveCapacity(raw.count)
        for segment in raw {
            guard let decoded = PercentCoding.decoded(segment) else { return nil }
            segments.append(decoded)
        }
        return segments
    }

    private static func fields(of text: Substring) -> [(name: String, value: String)]? {
        let raw = text.utf8.split(separator: UInt8(ascii: "&"), maxSplits: maximumFields)
        guard raw.count <= maximumFields else { return nil }
        var fields: [(name: String, value: String)] = []
        fields.reserveCapacity(raw.count)
        for field in raw {
            let equals = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
            guard let name = PercentCoding.decoded(field[..<equals], plusIsSpace: true),
                let value = PercentCoding.decoded(field[equals...].dropFirst(), plusIsSpace: true)
            else { return nil }
            fields.append((name, value))
        }
        return fields
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum PercentCoding {
    /// - Returns: nil for a `%` without two hexadecimal digits, a zero byte, or a result that is not UTF-8.
    static func decoded(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String? {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit),
                    high << 4 | low != 0
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
