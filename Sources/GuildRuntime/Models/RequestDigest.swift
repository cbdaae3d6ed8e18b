import Crypto
package import GuildDomain

/// The identity of a request in a recording: two are equal if they are equal after replacing each volatile value by its
/// name.
package enum RequestDigest {
    /// The length of a key, in hexadecimal digits.
    package static let keyCharacters = 32

    /// The first 32 hexadecimal digits of SHA-256 over the canonical JSON of `document(of:volatile:)`.
    ///
    /// - Parameter volatile: the values that differ from run to run: now, ids, the event's id and time, the commit.
    ///   Values under `VolatileNames.shortestBytes` are left as they are.
    package static func key(of request: ModelRequest, volatile: [(name: String, value: String)]) -> String {
        key(of: document(of: request, volatile: volatile))
    }

    /// The request as JSON, each volatile value replaced by `<name>`.
    package static func document(of request: ModelRequest, volatile: [(name: String, value: String)]) -> JSONValue {
        volatile.isEmpty ? request.document : VolatileNames(volatile).replacing(in: request.document)
    }

    static func key(of document: JSONValue) -> String {
        let digits = SHA256.hash(data: document.bytes(.canonical)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return String(digits.joined().prefix(keyCharacters))
    }
}

/// Replaces volatile values by their names in one pass, the longest value first, wherever they occur: in strings, in
/// keys, and escaped inside a JSON text that is itself a string.
struct VolatileNames: Sendable {
    /// A shorter value would be found inside unrelated words.
    static let shortestBytes = 6

    private struct Form {
        let bytes: [UInt8]
        let name: [UInt8]
    }

    /// By the value of their first byte; empty if there are none at all.
    private let formsByFirstByte: [[Form]]

    init(_ values: [(name: String, value: String)]) {
        var seen: Set<[UInt8]> = []
        var forms: [Form] = []
        for (name, value) in values where value.utf8.count >= Self.shortestBytes {
            let once = Self.escaped(value)
            let spellings = [value, once, Self.escaped(once), value.split("/", joinedBy: "\\/")]
            for bytes in spellings.map({ Array($0.utf8) }) where seen.insert(bytes).inserted {
                forms.append(Form(bytes: bytes, name: Array("<\(name)>".utf8)))
            }
        }
        var byFirst = forms.isEmpty ? [] : [[Form]](repeating: [], count: 256)
        // Of two names for one value the first counts: the second was not inserted.
        for form in forms.sorted(by: { $0.bytes.count > $1.bytes.count }) { byFirst[Int(form.bytes[0])].append(form) }
        formsByFirstByte = byFirst
    }

    func replacing(in value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .number: value
        case .string(let text): .string(replacing(in: text))
        case .array(let elements): .array(elements.map(replacing))
        case .object(let object):
            .object(JSONObject(object.members.map { (replacing(in: $0.key), replacing(in: $0.value)) }))
        }
    }

    func replacing(in text: String) -> String {
        guard !formsByFirstByte.isEmpty, text.utf8.count >= Self.shortestBytes else { return text }
        var source = text
        let written = source.withUTF8 { replaced(in: $0) }
        return written.map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// - Returns: nil if nothing was found.
    private func replaced(in source: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        var copied = 0
        var position = 0
        while position < source.count {
            let match = formsByFirstByte[Int(source[position])].first { form in
                source[position...].starts(with: form.bytes)
            }
            guard let match else {
                position += 1
                continue
            }
            output += source[copied..<position]
            output += match.name
            position += match.bytes.count
            copied = position
        }
        guard copied > 0 else { return nil }
        return output + source[copied...]
    }

    /// The text as it appears between the quotes of a JSON string.
    private static func escaped(_ text: String) -> String {
        String(JSONValue.string(text).text().dropFirst().dropLast())
    }
}

extension String {
    fileprivate func split(_ separator: Character, joinedBy joint: String) -> String {
        split(separator: separator, omittingEmptySubsequences: false).joined(separator: joint)
    }
}
