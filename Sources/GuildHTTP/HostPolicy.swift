import GuildDomain

/// For which hosts a listener answers (RFC 9110, section 7.4), so that a page in a browser whose name was pointed at this
/// machine (DNS rebinding) gets nothing.
package struct HostPolicy: Sendable, Hashable {
    /// Why a request is not answered.
    enum Refusal: Sendable {
        /// No host, or two: no client sends that (RFC 9112, section 3.2).
        case malformed
        case foreign
    }

    /// Answers whatever the request is for.
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
    ///   - exempt: first segments of paths that are answered for any host: what carries its own proof.
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
    ///   - hosts: the values of the field `Host`.
    ///   - authority: that of a request line in absolute form, which counts in the place of the field.
    ///   - local: the address that the connection came to.
    ///   - isOld: whether the request is of HTTP/1.0, which knows no hosts.
    func refusal(
        hosts: [String], authority: Substring?, firstSegment: String?, local: InternetAddress?, isOld: Bool
    ) -> Refusal? {
        guard let names else { return nil }
        if let firstSegment, exempt.contains(firstSegment) { return nil }
        guard hosts.count == 1 || (isOld && hosts.isEmpty) else { return .malformed }
        guard let text = authority.map(String.init) ?? hosts.first else { return nil }
        let host = Self.withoutPort(text)
        let name = Self.name(host)
        if name == "localhost" || names.contains(name) { return nil }
        guard let address = Self.address(in: host) else { return .foreign }
        return address.isLoopback || address == local || addresses.contains(address) ? nil : .foreign
    }

    private static func withoutPort(_ authority: String) -> Substring {
        // The colons of a bracketed IPv6 address without a port are its own.
        guard !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") else { return authority[...] }
        // What is no port is not cut off, so that nothing can stand behind the name of a host.
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
