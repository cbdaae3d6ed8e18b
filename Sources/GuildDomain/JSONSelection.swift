/// The parts of a document that a caller wants. Reading only those still checks the whole text, at a fraction of the
/// cost of building it: a webhook's normaliser needs a dozen small values of a payload.
package indirect enum JSONSelection: Sendable {
    case whole
    /// Of an object these members; anything that is not an object is skipped as if it were null.
    case members([Member])

    /// One member of an object that the caller wants.
    package struct Member: Sendable {
        fileprivate let key: [UInt8]
        fileprivate let name: String
        fileprivate let selection: JSONSelection

        package init(_ name: String, _ selection: JSONSelection = .whole) {
            self.name = name
            key = Array(name.utf8)
            self.selection = selection
        }
    }
}

extension JSONSelection {
    /// The wanted members of an object.
    package typealias Members = [Member]

    /// The selection with these members too, if it has none of that name.
    package func joined(by more: Members) -> JSONSelection {
        guard case .members(let members) = self else { return self }
        let names = Set(members.map(\.name))
        return .members(members + more.filter { !names.contains($0.name) })
    }
}

extension JSONSelection: ExpressibleByDictionaryLiteral {
    /// The wanted members of an object.
    package init(dictionaryLiteral elements: (String, JSONSelection)...) {
        self = .members(elements.map { Member($0.0, $0.1) })
    }
}

extension JSONParser {
    /// Checks the whole document as `parse(_:limits:)` does, and returns only the selected parts.
    package static func parse(
        _ bytes: [UInt8], selecting selection: JSONSelection, limits: Limits = Limits()
    ) throws(Problem) -> JSONValue {
        try document(bytes, limits: limits) { (parser) throws(Problem) in
            try parser.value(selection, depth: 0)
        }
    }

    private mutating func value(_ selection: JSONSelection, depth: Int) throws(Problem) -> JSONValue {
        guard case .members(let wanted) = selection else { return try value(depth: depth) }
        guard try begin(depth: depth) == UInt8(ascii: "{") else {
            try skipValue(depth: depth)
            return .null
        }
        guard try enter(closing: UInt8(ascii: "}")) else { return .object(JSONObject()) }
        var members: [JSONObject.Member] = []
        repeat {
            if let member = try key(of: wanted) {
                try colon()
                let value = try value(member.selection, depth: depth + 1)
                members.append(JSONObject.Member(key: member.name, value: value))
            } else {
                try colon()
                try skipValue(depth: depth + 1)
            }
        } while try next(closing: UInt8(ascii: "}"), "expected ',' or '}' in an object")
        return .object(JSONObject(parsed: members))
    }

    /// Steps over a key and gives the wanted member that it names.
    private mutating func key(of wanted: [JSONSelection.Member]) throws(Problem) -> JSONSelection.Member? {
        guard current == UInt8(ascii: "\"") else { throw problem("expected a key in double quotes") }
        let start = position + 1
        let isPlain = try skipString()
        let text = UnsafeBufferPointer(rebasing: bytes[start..<position - 1])
        if isPlain {
            return wanted.first { $0.key.count == text.count && $0.key.elementsEqual(text) }
        }
        // A key may be written with escapes; it is the same key.
        let end = position
        position = start - 1
        let name = try string()
        position = end
        return wanted.first { $0.name == name }
    }

    private mutating func skipValue(depth: Int) throws(Problem) {
        switch try begin(depth: depth) {
        case UInt8(ascii: "{"):
            guard try enter(closing: UInt8(ascii: "}")) else { return }
            repeat {
                guard current == UInt8(ascii: "\"") else { throw problem("expected a key in double quotes") }
                try skipString()
                try colon()
                try skipValue(depth: depth + 1)
            } while try next(closing: UInt8(ascii: "}"), "expected ',' or '}' in an object")
        case UInt8(ascii: "["):
            guard try enter(closing: UInt8(ascii: "]")) else { return }
            repeat {
                try skipValue(depth: depth + 1)
            } while try next(closing: UInt8(ascii: "]"), "expected ',' or ']' in a list")
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: _ = try number()
        }
    }

    /// - Returns: whether the string is all ASCII without an escape.
    @discardableResult
    private mutating func skipString() throws(Problem) -> Bool {
        let start = position
        position += 1
        if skipPlain(), position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            position += 1
            return true
        }
        // Rare enough to be decoded, so that there is one judge of escapes and of UTF-8.
        position = start
        _ = try string()
        return false
    }
}
