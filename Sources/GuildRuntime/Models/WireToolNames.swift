import Crypto
import GuildDomain

/// The names of a request's tools as the providers allow them: `SYSTEM.add_labels` is `SYSTEM__add_labels` there.
///
/// Providers take ASCII letters, digits, `_` and `-`, at most 64 of them. A name that does not fit, or whose wire form
/// another tool has already, ends in eight hexadecimal digits of its SHA-256.
package struct WireToolNames: Sendable, Hashable {
    /// The longest name on the wire, in bytes.
    package static let longestBytes = 64

    private var wireNames: [String: String] = [:]
    private var ownNames: [String: String] = [:]

    /// Assigns each tool a name that the wire format allows.
    package init(_ tools: [ModelTool]) {
        for tool in tools where wireNames[tool.name] == nil {
            var wire = Self.encode(tool.name)
            if ownNames[wire] != nil { wire = Self.marked(tool.name) }
            wireNames[tool.name] = wire
            ownNames[wire] = tool.name
        }
    }

    /// Our name in wire form, even for a tool of an earlier turn that no longer exists.
    package func wire(_ name: String) -> String { wireNames[name] ?? Self.encode(name) }

    /// Our name for one that a model wrote; an invented one comes back with its dots.
    package func own(_ wire: String) -> String {
        if let known = ownNames[wire] { return known }
        // A model that has seen our names elsewhere, in a prompt say, may write them with the dot.
        if wireNames[wire] != nil { return wire }
        return Self.dotted(wire)
    }

    private static func dotted(_ wire: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(wire.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "_"), rest.first == UInt8(ascii: "_") {
                rest.removeFirst()
                bytes.append(UInt8(ascii: "."))
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func encode(_ name: String) -> String {
        let plain = allowed(name)
        return plain.utf8.count <= longestBytes && !plain.isEmpty ? plain : marked(name)
    }

    private static func marked(_ name: String) -> String {
        let digest = SHA256.hash(data: Array(name.utf8)).prefix(4).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return String(allowed(name).prefix(longestBytes - 9)) + "_" + digest.joined()
    }

    private static func allowed(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "."): bytes += [UInt8(ascii: "_"), UInt8(ascii: "_")]
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                bytes.append(byte)
            default: bytes.append(UInt8(ascii: "_"))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
