package import GuildDomain

/// The peers that forward requests of others, and whose word about them counts: quotas hold for the address that they
/// name, not for theirs.
package struct TrustedProxies: Sendable, Hashable {
    /// The machine itself.
    package static let loopback = TrustedProxies(["127.0.0.0/8", "::1/128"].compactMap(AddressBlock.init))

    /// Of a longer list of hops only this many are looked at, from the right.
    private static let hopLimit = 32
    /// Clients that cannot be distinguished share one quota.
    private static let unknown = AddressBlock("0.0.0.0/32")

    private let blocks: [AddressBlock]

    /// Trusts every address in the blocks.
    package init(_ blocks: [AddressBlock]) { self.blocks = blocks }

    /// Whether the address belongs to a trusted proxy.
    package func contains(_ address: InternetAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// The address whose quota a request counts against: its peer or, if the peer is a trusted proxy, the rightmost
    /// address in `X-Forwarded-For` that is not one. The sender of the request wrote everything to the left of it.
    ///
    /// - Returns: nil for a trusted peer that forwards for nobody else.
    func client(of peer: InternetAddress?, forwardedFor fields: [String]) -> AddressBlock? {
        guard let peer else { return Self.unknown }
        guard contains(peer) else { return peer.holder }
        let hops = fields.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for hop in hops.suffix(Self.hopLimit).reversed() {
            guard let address = Self.address(in: hop) else { return Self.unknown }
            if !contains(address) { return address.holder }
        }
        return hops.count > Self.hopLimit ? Self.unknown : nil
    }

    /// Reads `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` and `[2001:db8::1]:4711`, as proxies write them.
    private static func address(in hop: Substring) -> InternetAddress? {
        let text = hop.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        if let address = InternetAddress(String(text)) { return address }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return InternetAddress(String(text[..<end].dropFirst()))
        }
        guard let colon = text.firstIndex(of: ":"), text[colon...].dropFirst().firstIndex(of: ":") == nil else {
            return nil
        }
        return InternetAddress(String(text[..<colon]))
    }
}
