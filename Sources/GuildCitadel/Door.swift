import GuildDomain
import GuildHTTP

/// What `guild serve` accepts from the network: from which addresses, for which hosts, and how much at a time.
struct Door: Sendable {
    let proxies: TrustedProxies
    let hosts: HostPolicy
    private(set) var limits = HTTPLimits()

    /// Requests under it authenticate themselves, and arrive under any host name that the sender was given.
    private static let exemptSegment = "webhooks"

    /// - Throws: a failure of usage for an invalid block of addresses or host name.
    init(listen: ListenAddress?, trustedProxies: [String]?, hosts: [String]) throws(Failure) {
        proxies = try trustedProxies.map { texts throws(Failure) in try Self.proxies(texts) } ?? .loopback
        for host in hosts where !Self.isHost(host) {
            throw Failure(
                .usage, "--host '\(host)' is not a host name",
                hint: "write the name alone, without a scheme, a port or a path: --host guild.example.com")
        }
        self.hosts = HostPolicy(names: hosts + [listen?.host].compactMap(\.self), exempt: [Self.exemptSegment])
    }

    /// With as many connections as that many descriptors allow.
    func limited(to descriptors: Int) -> Door {
        var door = self
        door.limits.maxConnections = DescriptorLimit.connections(of: descriptors, atMost: limits.maxConnections)
        return door
    }

    private static func proxies(_ texts: [String]) throws(Failure) -> TrustedProxies {
        var blocks: [AddressBlock] = []
        for text in texts {
            guard let block = AddressBlock(text) ?? InternetAddress(text).map(AddressBlock.init(only:)) else {
                throw Failure(
                    .usage, "--trusted-proxy '\(text)' is not an address or a block of addresses",
                    hint: "write 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7")
            }
            blocks.append(block)
        }
        return TrustedProxies(blocks)
    }

    private static func isHost(_ text: String) -> Bool {
        if InternetAddress(text) != nil { return true }
        return !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
