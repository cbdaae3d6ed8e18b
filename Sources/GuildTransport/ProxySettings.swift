/// The proxy of a request, by curl's rules for the environment (https://everything.curl.dev/usingcurl/proxies/env).
///
/// `http_proxy` counts in lower case only, because a CGI server sets `HTTP_PROXY` from a header of its caller. Loopback
/// never uses a proxy, whatever the variables say.
package struct ProxySettings: Sendable, Hashable {
    /// For `http` URLs; as curl reads it: `[scheme://][user:password@]host[:port]`.
    package var http: String?
    /// For `https` URLs.
    package var https: String?
    /// Host names (with all below them), addresses and networks that are reached directly; `*` alone is everything.
    package var exceptions: [String]

    package init(http: String? = nil, https: String? = nil, exceptions: [String] = []) {
        self.http = http
        self.https = https
        self.exceptions = exceptions
    }

    /// Reads `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`; an empty variable is an unset one.
    package init(environment: [String: String]) {
        func first(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        let all = first("all_proxy", "ALL_PROXY")
        let exceptions = first("no_proxy", "NO_PROXY") ?? ""
        self.init(
            http: first("http_proxy") ?? all, https: first("https_proxy", "HTTPS_PROXY") ?? all,
            exceptions: exceptions.split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init))
    }

    /// The proxy for a host, or nil for a direct connection.
    func proxy(isSecure: Bool, host: String) -> String? {
        guard let proxy = isSecure ? https : http, !Self.isLoopback(host), !isException(host) else { return nil }
        return proxy
    }

    /// `localhost`, names that end in it (RFC 6761), and the loopback addresses.
    static func isLoopback(_ host: String) -> Bool {
        if let address = IPAddress(host) { return address.isLoopback }
        let name = Self.bare(host)
        return name == "localhost" || name.hasSuffix(".localhost")
    }

    private func isException(_ host: String) -> Bool {
        if exceptions == ["*"] { return true }
        if let address = IPAddress(host) {
            return exceptions.contains { Self.covers($0, address) }
        }
        let name = Self.bare(host)
        return exceptions.contains { exception in
            let suffix = Self.bare(exception)
            return !suffix.isEmpty && (name == suffix || name.hasSuffix("." + suffix))
        }
    }

    /// An exception of the form `10.1.2.3`, `10.0.0.0/8` or `fd00::/8`.
    private static func covers(_ exception: String, _ address: IPAddress) -> Bool {
        let parts = exception.split(separator: "/", maxSplits: 1)
        guard let text = parts.first, let network = IPAddress(text) else { return false }
        guard parts.count == 2 else { return network == address }
        return Int(parts[1]).map { address.isIn(network, prefixBits: $0) } ?? false
    }

    /// In lower case, without the dots that may precede or follow a name.
    private static func bare(_ name: String) -> String {
        var name = name.lowercased()[...]
        if name.hasPrefix(".") { name = name.dropFirst() }
        if name.hasSuffix(".") { name = name.dropLast() }
        return String(name)
    }
}
