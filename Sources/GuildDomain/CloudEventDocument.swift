import Foundation

/// One event in CloudEvents' JSON format, read strictly (CloudEvents 1.0.2, "Type System" and JSON Event Format).
struct CloudEventDocument {
    /// Longest text of an attribute.
    private static let longestTextBytes = 1024
    /// Longest name of an attribute; the specification advises 20.
    private static let longestNameBytes = 64
    private static let mostExtensions = 64

    /// Attributes that guild reads by name or sets itself; anything else is an extension.
    private static let known: Set<String> = [
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data", "data_base64", "system",
        "guildevent", "priority", "chapter", "traceparent", "causationid", "rootid", "hop", "guildown",
    ]

    private let members: JSONObject

    init(_ json: JSONValue) throws(InvalidEvent) {
        guard let members = json.object else {
            throw InvalidEvent(reason: "found \(json.kindName), expected a mapping")
        }
        self.members = members
        var seen: Set<String> = []
        for member in members.members {
            guard Self.isName(member.key) else {
                throw InvalidEvent(
                    reason: "'\(Self.shown(member.key))' is not an attribute name: 1 to \(Self.longestNameBytes) "
                        + "lower-case letters and digits")
            }
            guard seen.insert(member.key).inserted else { throw InvalidEvent(reason: "'\(member.key)' occurs twice") }
        }
    }

    /// - Returns: nil if it is absent or null, which is the same.
    func text(_ key: String) throws(InvalidEvent) -> String? {
        guard let value = members[key], !value.isNull else { return nil }
        guard let string = value.string else { throw Self.badText(key) }
        return try Self.checked(string, key)
    }

    func required(_ key: String) throws(InvalidEvent) -> String {
        guard let value = try text(key) else { throw InvalidEvent(reason: "'\(key)' is missing") }
        return value
    }

    /// `type/subtype`, perhaps with parameters.
    func contentType() throws(InvalidEvent) -> String? {
        guard let text = try text("datacontenttype") else { return nil }
        let parts = Self.essence(text).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isTokenByte) }) else {
            throw InvalidEvent(reason: "'datacontenttype' is not a media type such as application/json")
        }
        return text
    }

    /// The payload as one JSON document: `data` itself; for `data_base64` the JSON, or the text, or else its base64.
    func data() throws(InvalidEvent) -> (payload: [UInt8], isBinary: Bool) {
        let encoded = members["data_base64"] ?? .null
        guard !encoded.isNull else { return ((members["data"] ?? .null).bytes(), false) }
        guard members["data"]?.isNull ?? true else {
            throw InvalidEvent(reason: "'data' and 'data_base64' exclude each other")
        }
        guard let text = encoded.string, let decoded = Data(base64Encoded: text) else {
            throw InvalidEvent(reason: "'data_base64' is not base64")
        }
        let bytes = Array(decoded)
        guard try Self.isJSON(contentType()) else {
            // Not text either: keep the base64.
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return (JSONValue.string(text).bytes(), true)
            }
            return (JSONValue.string(text).bytes(), false)
        }
        do throws(JSONParser.Problem) {
            _ = try JSONParser.parse(bytes)
        } catch {
            throw InvalidEvent(reason: "'data_base64' is \(error.message)")
        }
        return (bytes, false)
    }

    /// The sender's own attributes, in their order.
    func extensions() throws(InvalidEvent) -> JSONObject {
        var extensions = JSONObject()
        for member in members.members where !Self.known.contains(member.key) && !member.value.isNull {
            switch member.value {
            case .string(let text): _ = try Self.checked(text, member.key)
            case .bool: break
            case .number(let number):
                guard let value = number.integer, Int32(exactly: value) != nil else {
                    throw InvalidEvent(reason: "'\(member.key)' is not a whole number of 32 bits")
                }
            case .null, .array, .object:
                throw InvalidEvent(reason: "'\(member.key)' must be a string, a whole number or a boolean")
            }
            extensions[member.key] = member.value
        }
        guard extensions.count <= Self.mostExtensions else {
            throw InvalidEvent(reason: "\(extensions.count) extensions, the limit is \(Self.mostExtensions)")
        }
        return extensions
    }

    // MARK: Rules

    private static func checked(_ text: String, _ key: String) throws(InvalidEvent) -> String {
        guard !text.isEmpty, text.utf8.count <= longestTextBytes else { throw badText(key) }
        if let bad = text.unicodeScalars.first(where: isForbidden) {
            let number = String(bad.value, radix: 16, uppercase: true)
            throw InvalidEvent(
                reason: "'\(key)' has a control character, U+\(String(repeating: "0", count: max(0, 4 - number.count)))"
                    + number)
        }
        return text
    }

    private static func badText(_ key: String) -> InvalidEvent {
        InvalidEvent(reason: "'\(key)' must be a string of 1 to \(longestTextBytes) bytes")
    }

    /// Control characters and values that are not Unicode characters.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0xFDD0...0xFDEF).contains(scalar.value)
            || scalar.value & 0xFFFE == 0xFFFE
    }

    private static func isName(_ key: String) -> Bool {
        let isAttribute = key.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        return key == "data_base64" || isAttribute && (1...longestNameBytes).contains(key.utf8.count)
    }

    /// A name that is none, fit for a message.
    private static func shown(_ key: String) -> String {
        var text = ""
        for scalar in key.unicodeScalars.prefix(longestNameBytes) {
            text += isForbidden(scalar) ? "\u{FFFD}" : String(scalar)
        }
        return text
    }

    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return true }
        let essence = essence(contentType)
        return essence.hasSuffix("/json") || essence.hasSuffix("+json")
    }

    /// The media type without its parameters, in small letters.
    private static func essence(_ contentType: String) -> String {
        contentType.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }

    /// RFC 9110, 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
