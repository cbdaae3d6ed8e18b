package import GuildDomain

/// The address of a listener: a host name or address, and a port; port 0 lets the system pick one.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// Without the brackets of an IPv6 address.
    package let host: String
    /// The port; 0 lets the system pick one.
    package let port: Int

    /// The highest port that TCP has.
    private static let maximumPort = 65_535

    package init(host: String, port: Int) {
        self.host = host
        self.port = min(max(port, 0), Self.maximumPort)
    }

    /// Reads `HOST:PORT`, with an IPv6 address in brackets: `[::1]:80`.
    ///
    /// - Returns: nil without a host, without a port of 0 to 65535 in plain digits, or for a bare IPv6 address.
    package init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let port = Int(digits), port <= Self.maximumPort
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") || host.contains("[") || host.contains("]") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why a listener could not start.
package enum ListenFailure: GuildError, Equatable {
    case cannotBind(address: ListenAddress, reason: String)
    /// Two routes answer the same method on the same path.
    case duplicateRoute(method: String, path: String)
    /// A path that does not start with a slash, an unnamed parameter, or `**` that is not last.
    case invalidRoutePath(String)

    package var kind: ErrorKind {
        switch self {
        case .cannotBind: .unavailable
        case .duplicateRoute, .invalidRoutePath: .failed
        }
    }

    package var message: String {
        switch self {
        case .cannotBind(let address, let reason): "cannot listen on \(address): \(reason)"
        case .duplicateRoute(let method, let path): "two routes answer \(method) \(path)"
        case .invalidRoutePath(let path): "'\(path)' is not the path of a route"
        }
    }

    package var hint: String? {
        switch self {
        case .cannotBind: "choose another address with --listen HOST:PORT; port 0 picks a free one"
        case .duplicateRoute, .invalidRoutePath: nil
        }
    }
}
