import GuildDomain

/// Encodes a value as JSON, for `-o json` and `-o yaml`.
///
/// Foundation's encoder keeps no order. Here members stand in the order in which they are encoded, `camelCase` becomes
/// `snake_case`, what is nil is written as `null` and not left out, and a member whose key is empty is spread: its own
/// members take its place. A repeated key moves to the end with the later value.
enum DocumentEncoder {
    static func encode(_ value: some Encodable) throws -> JSONValue { try EncodedSlot.value(of: value) }
}

/// One place in the document that is being made, empty until something is encoded into it.
private final class EncodedSlot: Encoder {
    private var single: JSONValue?
    private var elements: [EncodedSlot]?
    private var members: [(key: String, slot: EncodedSlot)] = []

    // Nobody reads where in the document an error was: our types throw none.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func value(of value: some Encodable) throws -> JSONValue {
        let slot = EncodedSlot()
        try slot.encode(value)
        return slot.value
    }

    /// What has been encoded so far; an object where nothing was, as of a value without members.
    var value: JSONValue {
        if let single { return single }
        if let elements { return .array(elements.map(\.value)) }
        var object = JSONObject()
        for (key, slot) in members {
            guard key.isEmpty else {
                object[key] = slot.value
                continue
            }
            for member in slot.value.object?.members ?? [] { object[member.key] = member.value }
        }
        return .object(object)
    }

    func encode(_ value: some Encodable) throws {
        switch value {
        case let value as JSONValue: set(value)
        case let value as String: set(.string(value))
        case let value as Bool: set(.bool(value))
        case let value as any BinaryInteger: set(.integer(value))
        case let value as any BinaryFloatingPoint: set(JSONNumber("\(value)").map { .number($0) } ?? .null)
        default: try value.encode(to: self)
        }
    }

    func set(_ value: JSONValue) { single = value }

    var count: Int { elements?.count ?? 0 }

    /// A new element at the end of the list.
    func element() -> EncodedSlot {
        let slot = EncodedSlot()
        elements?.append(slot)
        return slot
    }

    /// A new member at the end of the object.
    func member(_ key: some CodingKey) -> EncodedSlot {
        let slot = EncodedSlot()
        members.append((Self.snakeCase(key.stringValue), slot))
        return slot
    }

    /// `costMicrodollars` as `cost_microdollars`, `p50Ms` as `p50_ms`.
    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character.isUppercase, !text.isEmpty { text.append("_") }
            text += character.lowercased()
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(EncodedMembers(slot: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        elements = elements ?? []
        return EncodedElements(slot: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { EncodedSingle(slot: self) }
}

private struct EncodedMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: EncodedSlot
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { slot.member(key).set(.null) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try slot.member(key).encode(value) }

    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        slot.member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { slot.member(key).unkeyedContainer() }

    func superEncoder() -> any Encoder { slot }

    func superEncoder(forKey key: Key) -> any Encoder { slot.member(key) }
}

private struct EncodedElements: UnkeyedEncodingContainer {
    let slot: EncodedSlot
    var codingPath: [any CodingKey] { [] }
    var count: Int { slot.count }

    func encodeNil() { slot.element().set(.null) }

    func encode<Value: Encodable>(_ value: Value) throws { try slot.element().encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        slot.element().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { slot.element().unkeyedContainer() }

    func superEncoder() -> any Encoder { slot.element() }
}

private struct EncodedSingle: SingleValueEncodingContainer {
    let slot: EncodedSlot
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { slot.set(.null) }

    func encode<Value: Encodable>(_ value: Value) throws { try slot.encode(value) }
}
