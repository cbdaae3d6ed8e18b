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
        VolatileNames(volatile).replacing(in: request.document)
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

    private let formsByFirstByte: [UInt8: [Form]]

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
        // Of two names for one value the first counts: the second was not inserted.
        formsByFirstByte = Dictionary(grouping: forms.sorted { $0.bytes.count > $1.bytes.count }) {
            $0.bytes.first ?? 0
        }
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
        let source = Array(text.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(source.count)
        var position = 0
        while position < source.count {
            let match = formsByFirstByte[source[position]]?.first { source[position...].starts(with: $0.bytes) }
            output += match?.name ?? [source[position]]
            position += match?.bytes.count ?? 1
        }
        return String(decoding: output, as: UTF8.self)
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
