import Crypto

/// SHA-256 as bytes and as text.
package enum ContentDigest {
    /// SHA-256 of the content.
    package static func bytes(of content: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: content)) }

    /// SHA-256 of the content, in hexadecimal.
    package static func hex(of content: [UInt8]) -> String { hex(bytes: bytes(of: content)) }

    /// The bytes in hexadecimal.
    package static func hex(bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: the 32 bytes of 64 hexadecimal digits; nil for anything else.
    package static func parse(hex text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        case 0x41...0x46: digit - 0x41 + 10
        default: nil
        }
    }
}
