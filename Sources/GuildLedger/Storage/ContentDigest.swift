import Crypto

/// SHA-256 as bytes and as text.
package enum ContentDigest {
    package static func bytes(of content: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: content)) }

    package static func hex(of content: [UInt8]) -> String { hex(bytes: bytes(of: content)) }

    package static func hex(bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
