/// A JSON document (RFC 8259). Objects keep the order of their members; numbers keep their exact text.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// A whole number.
    package static func integer(_ value: some BinaryInteger) -> JSONValue {
        .number(JSONNumber(Int64(clamping: value)))
    }

    /// The member of that key; nil if there is none, or if this is not an object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The value below a path of object keys and array indices, or nil if a step does not exist.
    package func value(at path: some Sequence<some StringProtocol>) -> JSONValue? {
        var current = self
        for step in path {
            switch current {
            case .object(let object):
                guard let next = object[String(step)] else { return nil }
                current = next
            case .array(let elements):
                guard let index = Int(step), elements.indices.contains(index) else { return nil }
                current = elements[index]
            case .null, .bool, .number, .string:
                return nil
            }
        }
        return current
    }

    /// The text; nil for any other kind.
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The boolean; nil for any other kind.
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements; nil for any other kind.
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members; nil for any other kind.
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// The number as a whole 64-bit integer; nil for a fraction, a value out of range, or another kind.
    package var integer: Int64? { if case .number(let value) = self { value.integer } else { nil } }
    /// Whether it is JSON's null.
    package var isNull: Bool { self == .null }

    /// The name of this kind of value in messages.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A text.
    package init(stringLiteral value: String) { self = .string(value) }
    /// A boolean.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    package init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    /// A list.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

extension JSONValue {
    /// A key, at any depth, that occurs more than once in an object: the next reader might use the other value.
    package var repeatedKey: String? {
        switch self {
        case .object(let object):
            var seen: Set<String> = []
            for member in object.members {
                guard seen.insert(member.key).inserted else { return member.key }
                if let key = member.value.repeatedKey { return key }
            }
            return nil
        case .array(let elements):
            for element in elements { if let key = element.repeatedKey { return key } }
            return nil
        default: return nil
        }
    }
}

/// The members of a JSON object in their order. Of a repeated key the last one counts, as in most parsers.
package struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One key with its value.
    package struct Member: Sendable, Hashable {
        /// The key, unescaped.
        package let key: String
        /// The value.
        package let value: JSONValue
    }

    /// The members in their order, repeated keys included.
    package private(set) var members: [Member]
    /// Built only for objects large enough that a scan would let a hostile payload cost quadratic time.
    private var index: [String: Int]?

    /// A repository in a webhook's payload has about a hundred members, and few of them are ever asked for.
    private static let scanLimit = 128

    /// No members.
    package init() { members = [] }

    /// The members in the given order.
    package init(_ members: some Sequence<(String, JSONValue)>) {
        self.init(parsed: members.map { Member(key: $0.0, value: $0.1) })
    }

    /// The members in the given order.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    init(parsed members: [Member]) {
        self.members = members
        buildIndex()
    }

    /// Whether there are no members.
    package var isEmpty: Bool { members.isEmpty }
    /// How many members there are.
    package var count: Int { members.count }
    /// The keys in their order.
    package var keys: [String] { members.map(\.key) }

    /// Setting nil removes every member of that key.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            if position(of: key) != nil {
                members.removeAll { $0.key == key }
                buildIndex()
            }
            guard let newValue else { return }
            members.append(Member(key: key, value: newValue))
            if index == nil { buildIndex() } else { index?[key] = members.count - 1 }
        }
    }

    private func position(of key: String) -> Int? {
        if let index { return index[key] }
        return members.lastIndex { $0.key == key }
    }

    package static func == (left: Self, right: Self) -> Bool { left.members == right.members }
    package func hash(into hasher: inout Hasher) { hasher.combine(members) }

    private mutating func buildIndex() {
        guard members.count > Self.scanLimit else { return index = nil }
        var positions: [String: Int] = Dictionary(minimumCapacity: members.count)
        for (position, member) in members.enumerated() { positions[member.key] = position }
        index = positions
    }
}

/// A JSON number by its text; equality and order are those of the decimal value, so 300 equals 3e2.
package struct JSONNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The text as it was read.
    package let description: String

    /// A whole number.
    package init(_ value: Int64) { description = String(value) }

    /// - Parameter text: must already have the grammar of a JSON number.
    init(validated text: String) { description = text }

    /// - Returns: nil unless the text has the grammar of a JSON number.
    package init?(_ text: String) {
        guard case .number(let number)? = try? JSONParser.parse(Array(text.utf8)) else { return nil }
        self = number
    }

    /// The nearest binary floating-point number.
    package var double: Double { Double(description) ?? 0 }

    /// The value as a 64-bit integer; nil if it is fractional or too large.
    package var integer: Int64? {
        if let plain = Int64(description) { return plain }
        let decimal = decimal
        guard !decimal.digits.isEmpty else { return 0 }
        guard decimal.exponent >= 0, decimal.exponent <= 18, decimal.digits.count + decimal.exponent <= 19 else {
            return nil
        }
        let digits = decimal.digits + Array(repeating: UInt8(0), count: decimal.exponent)
        return Int64((decimal.isNegative ? "-" : "") + String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self))
    }

    /// True for 3, 3.0 and 3e2, of any size.
    package var isWhole: Bool { decimal.exponent >= 0 }

    /// Exact for any number; false if `divisor` is 0.
    package func isMultiple(of divisor: Int64) -> Bool {
        let decimal = decimal
        let modulus = UInt128(divisor.magnitude)
        guard decimal.exponent >= 0, modulus > 0 else { return false }
        var remainder = decimal.digits.reduce(UInt128(0)) { ($0 * 10 + UInt128($1)) % modulus }
        var power = 10 % modulus
        var exponent = decimal.exponent
        while exponent > 0 {
            if exponent & 1 == 1 { remainder = remainder * power % modulus }
            power = power * power % modulus
            exponent >>= 1
        }
        return remainder == 0
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.description == right.description || left.decimal == right.decimal
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(decimal) }

    package static func < (left: Self, right: Self) -> Bool { left.decimal < right.decimal }

    private var decimal: Decimal { Decimal(description) }

    /// 0.digits × 10^(count + exponent) without leading or trailing zero digits; zero has no digits.
    private struct Decimal: Hashable, Comparable {
        var isNegative = false
        var digits: [UInt8] = []
        var exponent = 0

        init(_ text: String) {
            var seenPoint = false
            var bytes = Array(text.utf8)[...]
            if bytes.first == UInt8(ascii: "-") {
                isNegative = true
                bytes = bytes.dropFirst()
            }
            while let byte = bytes.popFirst() {
                if byte == UInt8(ascii: ".") {
                    seenPoint = true
                } else if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
                    let power =
                        Int(String(decoding: bytes, as: UTF8.self)) ?? (bytes.first == 0x2D ? -1 << 40 : 1 << 40)
                    exponent += max(-1 << 40, min(1 << 40, power))
                    break
                } else {
                    if !digits.isEmpty || byte != 0x30 { digits.append(byte - 0x30) }
                    if seenPoint { exponent -= 1 }
                }
            }
            while digits.last == 0 {
                digits.removeLast()
                exponent += 1
            }
            if digits.isEmpty {
                isNegative = false
                exponent = 0
            }
        }

        static func < (left: Self, right: Self) -> Bool {
            guard left.isNegative == right.isNegative else { return left.isNegative }
            let (small, large) = left.isNegative ? (right, left) : (left, right)
            guard !small.digits.isEmpty, !large.digits.isEmpty else {
                return small.digits.isEmpty && !large.digits.isEmpty
            }
            let smallScale = small.digits.count + small.exponent
            let largeScale = large.digits.count + large.exponent
            guard smallScale == largeScale else { return smallScale < largeScale }
            return small.digits.lexicographicallyPrecedes(large.digits)
        }
    }
}
