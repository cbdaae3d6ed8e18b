import GuildDomain

/// For which hosts a listener answers (RFC 9110, section 7.4), so that a page in a browser whose name was pointed at this
/// machine (DNS rebinding) gets nothing.
package struct HostPolicy: Sendable, Hashable {
    /// Answers requests for any host.
    package static let any = HostPolicy(names: nil, exempt: [])

    /// In lower case; nil allows all.
    private let names: Set<String>?
    private let addresses: Set<InternetAddress>
    /// First segments of the paths that are answered for any host.
    private let exempt: Set<String>

    /// Loopback, the address that a connection came to, and these.
    ///
    /// - Parameters:
    ///   - names: host names or addresses, without a port.
    ///   - exempt: first segments of paths that are answered for any host, because their requests are authenticated
    ///     themselves.
    package init(names: [String], exempt: Set<String> = []) {
        self.init(
            names: Set(names.map(Self.name)), addresses: Set(names.compactMap { Self.address(in: $0[...]) }),
            exempt: exempt)
    }

    private init(names: Set<String>?, addresses: Set<InternetAddress> = [], exempt: Set<String>) {
        self.names = names
        self.addresses = addresses
        self.exempt = exempt
    }

    /// - Parameters:
    ///   - authority: the value of the field `Host`; nil in a request of HTTP/1.0, which knows no hosts.
    ///   - local: the address that the connection came to.
    func allows(_ authority: String?, firstSegment: String?, local: InternetAddress?) -> Bool {
        guard let names, let authority else { return true }
        if let firstSegment, exempt.contains(firstSegment) { return true }
        let host = Self.withoutPort(authority)
        let name = Self.name(host)
        if name == "localhost" || names.contains(name) { return true }
        guard let address = Self.address(in: host) else { return false }
        return address.isLoopback || address == local || addresses.contains(address)
    }

    private static func withoutPort(_ authority: String) -> Substring {
        // The colons of a bracketed IPv6 address without a port are its own.
        guard !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") else { return authority[...] }
        // A suffix that is not a port is not cut off, so that nothing can follow the name of a host.
        let port = authority[authority.index(after: colon)...].utf8
        return port.allSatisfy { (0x30...0x39).contains($0) } ? authority[..<colon] : authority[...]
    }

    /// In lower case, without a final dot.
    private static func name(_ host: some StringProtocol) -> String {
        let name = host.lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    private static func address(in host: Substring) -> InternetAddress? {
        InternetAddress(String(host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host))
    }
}
