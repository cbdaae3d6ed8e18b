/// The key by which the index looks up a leaf of an event: the part of an accepted value that a table can hold.
///
/// A key may match more leaves than its test accepts, never fewer; matches are tried again.
enum IndexKey: Sendable, Hashable {
    case text(String)
    case number(JSONNumber)
    case bool(Bool)
    case null
    /// Text in lower case.
    case folded(String)
    /// UTF-8 at the beginning of the text.
    case prefix([UInt8])
    /// UTF-8 at its end, backwards.
    case suffix([UInt8])
    /// As `prefix` and `suffix`, ASCII letters in lower case.
    case foldedPrefix([UInt8])
    case foldedSuffix([UInt8])
    case range(NumericRange)
    case network(AddressBlock)

    /// An affix is looked up by no more of it.
    static let affixBytes = EventPattern.Limit.valueBytes

    /// - Returns: nil for a test that nearly every leaf could pass.
    init?(_ test: ValueTest) {
        switch test {
        case .equals(.string(let text)): self = .text(text)
        case .equals(.number(let number)): self = .number(number)
        case .equals(.bool(let value)): self = .bool(value)
        case .equals(.null): self = .null
        case .prefix(let text) where !text.isEmpty: self = .prefix(Array(text.utf8))
        case .suffix(let text) where !text.isEmpty: self = .suffix(text.utf8.reversed())
        case .caseless(let test):
            guard let key = Self.caseless(test) else { return nil }
            self = key
        case .wildcard(let test):
            guard let key = Self.pieces(test.pattern) else { return nil }
            self = key
        case .numeric(let range):
            if let lower = range.lower, lower == range.upper {
                self = .number(lower.number)
            } else {
                self = .range(range)
            }
        case .address(let block, _): self = .network(block)
        case .equals, .prefix, .suffix, .present, .noneOf: return nil
        }
    }

    init?(_ glob: Glob) {
        guard let key = Self.pieces(glob.pattern) else { return nil }
        self = key
    }

    /// Only ASCII has one lower case for every text that the test takes.
    private static func caseless(_ test: CaselessTest) -> IndexKey? {
        let text = test.pattern.text
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let bytes = text.utf8.map(\.asciiLowercased)
        return switch test.place {
        case .whole: .folded(text.lowercased())
        case .prefix: .foldedPrefix(bytes)
        case .suffix: .foldedSuffix(bytes.reversed())
        }
    }

    private static func pieces(_ pattern: StarPattern) -> IndexKey? {
        guard let last = pattern.last else { return .text(String(decoding: pattern.first, as: UTF8.self)) }
        // The longer piece distinguishes texts better.
        if pattern.first.count >= last.count {
            return pattern.first.isEmpty ? nil : .prefix(Array(pattern.first.prefix(affixBytes)))
        }
        return .suffix(last.suffix(affixBytes).reversed())
    }

    /// Among keys that are equally rare, the one that is cheaper and surer to look up.
    var rank: Int {
        switch self {
        case .text, .number, .bool, .null, .folded: 0
        case .prefix, .suffix, .foldedPrefix, .foldedSuffix, .network: 1
        case .range: 2
        }
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
