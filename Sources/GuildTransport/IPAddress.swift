import Foundation

/// An IPv4 or IPv6 address; an IPv4 address mapped into IPv6 is the IPv4 one.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// - Returns: nil unless there are 4 or 16 bytes.
    package init?(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let isMapped = bytes.count == 16 && bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
        self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
    }

    /// Reads dotted decimal or IPv6 text, in brackets or not; a zone (`%eth0`) is ignored.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        if let percent = text.firstIndex(of: "%"), text.contains(":") { text = String(text[..<percent]) }
        guard !text.utf8.contains(0) else { return nil }
        let family = text.contains(":") ? AF_INET6 : AF_INET
        var bytes = [UInt8](repeating: 0, count: family == AF_INET6 ? 16 : 4)
        guard inet_pton(family, text, &bytes) == 1 else { return nil }
        self.init(bytes: bytes)
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the address lies in `network` of that prefix length; never across families.
    package func isIn(_ network: IPAddress, prefixBits: Int) -> Bool {
        guard network.bytes.count == bytes.count, (0...bytes.count * 8).contains(prefixBits) else { return false }
        let (whole, rest) = prefixBits.quotientAndRemainder(dividingBy: 8)
        guard bytes.prefix(whole) == network.bytes.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        let mask = ~(UInt8.max >> rest)
        return bytes[whole] & mask == network.bytes[whole] & mask
    }

    /// The machine itself: 127.0.0.0/8, ::1 and the unspecified addresses, which Linux connects to itself too.
    package var isLoopback: Bool {
        if bytes.count == 4 { return bytes[0] == 127 || bytes == [0, 0, 0, 0] }
        return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] <= 1
    }

    /// Whether the address is reachable from anywhere, by the IANA special-purpose address registries (RFC 6890).
    package var isPublic: Bool {
        if bytes.count == 4 { return !Self.specialIPv4.contains { isIn($0.network, prefixBits: $0.bits) } }
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) addresses contain an IPv4 address, and reach the same host.
        if bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return IPAddress(bytes: bytes.suffix(4))?.isPublic ?? false
        }
        if bytes.starts(with: [0x20, 0x02]) { return IPAddress(bytes: bytes[2..<6])?.isPublic ?? false }
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        return !Self.specialIPv6.contains { isIn($0.network, prefixBits: $0.bits) }
    }

    private static let specialIPv4 = networks([
        ("0.0.0.0", 8), ("10.0.0.0", 8), ("100.64.0.0", 10), ("127.0.0.0", 8), ("169.254.0.0", 16),
        ("172.16.0.0", 12), ("192.0.0.0", 24), ("192.0.2.0", 24), ("192.88.99.0", 24), ("192.168.0.0", 16),
        ("198.18.0.0", 15), ("198.51.100.0", 24), ("203.0.113.0", 24), ("224.0.0.0", 4), ("240.0.0.0", 4),
    ])

    /// Within 2000::/3: protocol assignments with Teredo, and documentation.
    private static let specialIPv6 = networks([("2001::", 23), ("2001:db8::", 32), ("3fff::", 20)])

    private static func networks(_ list: [(String, Int)]) -> [(network: IPAddress, bits: Int)] {
        list.compactMap { text, bits in IPAddress(text).map { ($0, bits) } }
    }
}
