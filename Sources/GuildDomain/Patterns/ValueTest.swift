/// The requirement of one accepted value of a pattern on a leaf: a string, number, boolean or null.
package enum ValueTest: Sendable, Hashable {
    /// The same scalar: strings byte by byte, numbers as decimals.
    case equals(JSONValue)
    case prefix(String)
    case suffix(String)
    case caseless(CaselessTest)
    case wildcard(WildcardTest)
    case numeric(NumericRange)
    case address(AddressBlock, text: String)
    /// `{exists: true}`: any leaf, null among them.
    case present
    /// `{anything-but: …}`: a leaf of any type that passes none of these.
    case noneOf([ValueTest])

    /// Whether the test holds of the leaf.
    package func accepts(_ leaf: JSONValue) -> Bool {
        switch self {
        case .equals(.string(let text)): leaf.string.map { $0.utf8.elementsEqual(text.utf8) } ?? false
        case .equals(let value): leaf == value
        case .prefix(let text): leaf.string?.utf8.starts(with: text.utf8) ?? false
        case .suffix(let text): leaf.string.map { $0.utf8.suffix(text.utf8.count).elementsEqual(text.utf8) } ?? false
        case .caseless(let test): leaf.string.map(test.accepts) ?? false
        case .wildcard(let test): leaf.string.map(test.accepts) ?? false
        case .numeric(let range): if case .number(let number) = leaf { range.contains(number) } else { false }
        case .address(let block, _): leaf.string.flatMap(InternetAddress.init).map(block.contains) ?? false
        case .present: true
        case .noneOf(let tests): !tests.contains { $0.accepts(leaf) }
        }
    }

    /// In words, for a sentence that begins with "expected".
    package var description: String {
        switch self {
        case .equals(let value): value.text()
        case .prefix(let text): "text beginning with \(JSONValue.string(text).text())"
        case .suffix(let text): "text ending with \(JSONValue.string(text).text())"
        case .caseless(let test): test.description
        case .wildcard(let test): "text like \(JSONValue.string(test.text).text())"
        case .numeric(let range): "a number \(range.description)"
        case .address(_, let text): "an address in \(text)"
        case .present: "any value"
        case .noneOf(let tests): "anything but \(Self.description(of: tests))"
        }
    }

    /// How many tests a description names before it only counts them.
    package static let namedInWords = 8

    static func description(of tests: [ValueTest]) -> String {
        let named = tests.prefix(namedInWords).map(\.description).joined(separator: " or ")
        return tests.count > namedInWords ? "\(named) or \(tests.count - namedInWords) more" : named
    }
}

/// `{equals-ignore-case}`, alone or within `{prefix}` or `{suffix}`.
package struct CaselessTest: Sendable, Hashable {
    enum Place: Sendable { case whole, prefix, suffix }

    let place: Place
    let pattern: CaselessText

    init(_ text: String, _ place: Place) {
        pattern = CaselessText(text)
        self.place = place
    }

    /// Whether the texts are equal without case.
    package func accepts(_ text: String) -> Bool {
        switch place {
        case .whole: pattern.equals(text)
        case .prefix: pattern.isPrefix(of: text)
        case .suffix: pattern.isSuffix(of: text)
        }
    }

    var description: String {
        let quoted = JSONValue.string(pattern.text).text()
        return switch place {
        case .whole: "\(quoted) in any case"
        case .prefix: "text beginning with \(quoted) in any case"
        case .suffix: "text ending with \(quoted) in any case"
        }
    }
}

/// `{wildcard}`: `*` is any run of characters, `\*` and `\\` are themselves.
package struct WildcardTest: Sendable, Hashable {
    /// The pattern as written.
    package let text: String
    let pattern: StarPattern

    /// Why a text is not a wildcard.
    enum Refusal: Error {
        case consecutive, tooMany, badEscape
    }

    init(_ text: String) throws(Refusal) {
        var pieces: [[UInt8]] = [[]]
        var piece: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                guard bytes.first != UInt8(ascii: "*") else { throw .consecutive }
                pieces[pieces.count - 1] = piece
                pieces.append([])
                piece = []
            case UInt8(ascii: "\\"):
                guard let next = bytes.popFirst(), next == UInt8(ascii: "*") || next == UInt8(ascii: "\\") else {
                    throw .badEscape
                }
                piece.append(next)
            default: piece.append(byte)
            }
        }
        pieces[pieces.count - 1] = piece
        guard pieces.count - 1 <= EventPattern.Limit.wildcards else { throw .tooMany }
        self.text = text
        pattern = StarPattern(pieces: pieces)
    }

    /// Whether the whole text matches.
    package func accepts(_ text: String) -> Bool { pattern.matches(text) }
}

/// `{numeric}`: a range of decimals, open at a side that has no bound.
package struct NumericRange: Sendable, Hashable {
    /// One end of a range.
    package struct Bound: Sendable, Hashable {
        /// The number at the end.
        package let number: JSONNumber
        /// Whether the range contains that number.
        package let isIncluded: Bool
    }

    /// The lower end; nil if it is open.
    package let lower: Bound?
    /// The upper end; nil if it is open.
    package let upper: Bound?

    /// Whether the number lies between the ends.
    package func contains(_ number: JSONNumber) -> Bool {
        if let lower, lower.isIncluded ? number < lower.number : number <= lower.number { return false }
        if let upper, upper.isIncluded ? number > upper.number : number >= upper.number { return false }
        return true
    }

    var isEmpty: Bool {
        guard let lower, let upper else { return false }
        return lower.number > upper.number || (lower.number == upper.number && !(lower.isIncluded && upper.isIncluded))
    }

    var description: String {
        if let lower, lower == upper, lower.isIncluded { return "equal to \(lower.number)" }
        let parts = [
            lower.map { "\($0.isIncluded ? ">=" : ">") \($0.number)" },
            upper.map { "\($0.isIncluded ? "<=" : "<") \($0.number)" },
        ]
        return parts.compactMap(\.self).joined(separator: " and ")
    }
}
