import Foundation
import GuildDomain

/// Addresses that a manifest may use: not those where a machine keeps its own credentials, and with a key only https or
/// this host. An operator names exceptions in `guild.yaml`, `spec.network.allow`.
struct AddressCheck {
    /// Origins that are named: `http://models.internal:8000`.
    let allowed: Set<String>

    /// The objection to an address; nil if there is none.
    func objection(to address: String, carriesSecret: Bool) -> (found: String, expected: String)? {
        guard let origin = WebOrigin(address) else {
            return ("an address whose host cannot be determined", "https://HOST[:PORT][/PATH]")
        }
        guard !allowed.contains(origin.description) else { return nil }
        let expected =
            "another one, or `network: { allow: [\"\(origin)\"] }` in the spec of the Guild, if this is intended"
        if origin.isLinkLocal {
            return ("a link-local address, where a host may serve its own credentials", expected)
        }
        guard carriesSecret, !origin.isEncrypted, !origin.isLoopback else { return nil }
        return ("a secret sent to another host over plain http", expected)
    }
}

/// Scheme, host and port of an address.
struct WebOrigin: Hashable, CustomStringConvertible {
    let isEncrypted: Bool
    /// In lower case, without brackets and without a dot at the end.
    let host: String
    let port: Int

    /// - Returns: nil if it is not an http or https address, or its host is ambiguous.
    init?(_ address: String) {
        guard let mark = address.firstRange(of: "://") else { return nil }
        let scheme = address[..<mark.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        isEncrypted = scheme == "https"
        let authority = address[mark.upperBound...].prefix { !"/?#\\".contains($0) }
        guard !authority.contains("@"), !authority.contains("%"),
            authority.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        var name = authority.prefix { $0 != ":" }
        var rest = authority.dropFirst(name.count)
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[..<end].dropFirst()
            rest = authority[end...].dropFirst()
        }
        var host = name.lowercased()
        while host.last == "." { host.removeLast() }
        guard !host.isEmpty, rest.isEmpty || rest.first == ":" else { return nil }
        self.host = host
        let digits = rest.dropFirst()
        guard
            digits.isEmpty || (digits.utf8.allSatisfy { (0x30...0x39).contains($0) } && digits.count <= 5)
        else {
            return nil
        }
        port = Int(digits) ?? (isEncrypted ? 443 : 80)
        guard Self.ports.contains(port) else { return nil }
    }

    static let ports = 1...65_535

    var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let isUsual = port == (isEncrypted ? 443 : 80)
        return (isEncrypted ? "https://" : "http://") + name + (isUsual ? "" : ":\(port)")
    }

    var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        if let four = IPv4.parse(host) { return four >> 24 == 127 }
        guard let six = IPv6.parse(host) else { return false }
        if let four = IPv6.mapped(six) { return four >> 24 == 127 }
        return six.dropLast().allSatisfy { $0 == 0 } && six.last == 1
    }

    /// 169.254/16, fe80::/10, and the names and addresses that clouds give their metadata services.
    var isLinkLocal: Bool {
        if Self.metadataNames.contains(host) { return true }
        if let four = IPv4.parse(host) { return Self.isReserved(four) }
        guard let six = IPv6.parse(host) else { return false }
        if IPv6.embedded(six).contains(where: Self.isReserved) { return true }
        return six[0] == 0xFE && six[1] & 0xC0 == 0x80 || six == Self.metadataIPv6
    }

    private static func isReserved(_ address: UInt32) -> Bool {
        address >> 16 == 0xA9FE || metadataIPv4.contains(address)
    }

    private static let metadataNames: Set<String> = [
        "metadata", "metadata.google.internal", "metadata.goog", "instance-data",
        "instance-data.ec2.internal",
    ]
    /// Of Alibaba (100.100.100.200), Oracle (192.0.0.192) and Azure (168.63.129.16).
    private static let metadataIPv4: Set<UInt32> = [0x6464_64C8, 0xC000_00C0, 0xA83F_8110]
    /// fd00:ec2::254 of Amazon.
    private static let metadataIPv6: [UInt8] = [
        0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54,
    ]
}

/// As inet_aton(3) reads it, which is how curl does: `2852039166`, `0xA9FEA9FE` and `169.254.43518` are all one address.
private enum IPv4 {
    static func parse(_ text: String) -> UInt32? {
        var address = in_addr()
        guard inet_aton(text, &address) != 0 else { return nil }
        return UInt32(bigEndian: address.s_addr)
    }
}

private enum IPv6 {
    static func parse(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }

    /// The IPv4 address that this machine takes a mapped one for (RFC 4291, section 2.5.5.2).
    static func mapped(_ six: [UInt8]) -> UInt32? {
        six[..<10].allSatisfy { $0 == 0 } && six[10] == 0xFF && six[11] == 0xFF ? four(six[12...]) : nil
    }

    /// The IPv4 addresses that an IPv6 one may lead to by some translator or tunnel.
    static func embedded(_ six: [UInt8]) -> [UInt32] {
        // NAT64 (RFC 6052), also under a prefix of one's own, mapped, translated (RFC 7915), compatible: in all of them,
        // and with ISATAP (RFC 5214), the last four bytes.
        var found = [four(six[12...])]
        // NAT64 of the local prefix 64:ff9b:1::/48 may have it after a shorter prefix, around byte 8 (RFC 8215).
        if six.starts(with: [0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01]) {
            found += [four(six[6..<8] + six[9..<11]), four(six[7..<8] + six[9..<12]), four(six[9..<13])]
        }
        // 6to4 (RFC 3056).
        if six.starts(with: [0x20, 0x02]) { found.append(four(six[2..<6])) }
        // Teredo (RFC 4380): the server, and the client with its bits turned.
        if six.starts(with: [0x20, 0x01, 0x00, 0x00]) { found += [four(six[4..<8]), ~four(six[12...])] }
        return found
    }

    private static func four(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
