/// An IPv4 or IPv6 address read from text; an IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 one.
package struct InternetAddress: Sendable, Hashable {
    /// The address as a number; IPv4 uses the lowest 32 bits.
    package let bits: UInt128
    /// Whether it is an IPv4 address.
    package let isVersion4: Bool

    /// The number of bits: 32 or 128.
    package var width: Int { isVersion4 ? 32 : 128 }

    /// Reads dotted decimal without leading zeros (which some programs read as octal), or RFC 4291 text without a zone.
    ///
    /// - Returns: nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        if let version4 = Self.version4(text) {
            bits = UInt128(version4)
            isVersion4 = true
        } else if let version6 = Self.version6(text) {
            isVersion4 = version6 >> 32 == 0xFFFF
            bits = isVersion4 ? version6 & 0xFFFF_FFFF : version6
        } else {
            return nil
        }
    }

    fileprivate init(bits: UInt128, isVersion4: Bool) {
        self.bits = bits
        self.isVersion4 = isVersion4
    }

    /// The block of that length in which the address lies; nil for the other family.
    func block(_ length: AddressBlock.Length) -> AddressBlock? {
        guard length.isVersion4 == isVersion4 else { return nil }
        return AddressBlock(around: self, prefixLength: length.bits)
    }

    /// The machine itself: 127.0.0.0/8 and ::1.
    package var isLoopback: Bool { isVersion4 ? bits >> 24 == 127 : bits == 1 }

    /// The addresses that one holder has at least: one of IPv4, 64 bits of IPv6 (RFC 6177).
    package var holder: AddressBlock { AddressBlock(around: self, prefixLength: isVersion4 ? 32 : 64) }

    private static func version4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30 else { return nil }
            var value: UInt32 = 0
            for byte in part {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + UInt32(byte - 0x30)
            }
            guard value < 256 else { return nil }
            address = address << 8 | value
        }
        return address
    }

    private static func version6(_ text: String) -> UInt128? {
        guard let gap = text.firstGap else {
            guard let groups = groups(text[...]), groups.count == 8 else { return nil }
            return joined(groups)
        }
        guard let head = groups(text[..<gap]), let tail = groups(text[text.index(gap, offsetBy: 2)...]) else {
            return nil
        }
        guard head.count + tail.count < 8 else { return nil }
        return joined(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static func joined(_ groups: [UInt16]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }

    /// Groups of one to four hexadecimal digits between colons; the last may be an IPv4 address.
    private static func groups(_ text: Substring) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let version4 = version4(part) {
                groups += [UInt16(version4 >> 16), UInt16(version4 & 0xFFFF)]
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.first != UInt8(ascii: "+"),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                groups.append(value)
            }
        }
        return groups.count <= 8 ? groups : nil
    }
}

extension String {
    /// The position of the first `::`.
    fileprivate var firstGap: Index? {
        var previous: Index?
        for index in indices {
            if self[index] == ":", let previous, self[previous] == ":" { return previous }
            previous = index
        }
        return nil
    }
}

/// A block of addresses in CIDR notation (RFC 4632): `10.0.0.0/8`, `2001:db8::/32`.
package struct AddressBlock: Sendable, Hashable {
    /// How many bits count, and of which family.
    struct Length: Sendable, Hashable {
        let bits: Int
        let isVersion4: Bool
    }

    /// The bits after the prefix are zero.
    private let network: InternetAddress
    private let prefixLength: Int

    /// - Returns: nil unless the text is an address, a slash and a length that the address has.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let network = InternetAddress(String(parts[0])), (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), var length = Int(parts[1])
        else { return nil }
        // A block of mapped addresses counts its bits as IPv6 does.
        if network.isVersion4, parts[0].contains(":") { length -= 96 }
        guard (0...network.width).contains(length) else { return nil }
        self.init(around: network, prefixLength: length)
    }

    /// That address alone.
    package init(only address: InternetAddress) { self.init(around: address, prefixLength: address.width) }

    /// - Parameter prefixLength: from 0 to the width of the address.
    fileprivate init(around address: InternetAddress, prefixLength: Int) {
        let hostBits = UInt128(address.width - prefixLength)
        // A shift by the whole width yields 0, as a block of length 0 needs.
        network = InternetAddress(bits: (address.bits >> hostBits) << hostBits, isVersion4: address.isVersion4)
        self.prefixLength = prefixLength
    }

    var length: Length { Length(bits: prefixLength, isVersion4: network.isVersion4) }

    /// Whether the address begins with the block's prefix.
    package func contains(_ address: InternetAddress) -> Bool {
        guard address.isVersion4 == network.isVersion4 else { return false }
        // A shift by the whole width yields 0, as a block of length 0 needs.
        return (address.bits ^ network.bits) >> UInt128(network.width - prefixLength) == 0
    }
}
