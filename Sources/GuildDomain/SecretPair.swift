/// The purpose of a secret, and its destination.
package struct SecretUse: Sendable, Hashable {
    /// The purpose of a secret.
    package enum Kind: String, Sendable, CaseIterable {
        /// Sent to a model's provider.
        case model
        /// Sent to an external system by a connector.
        case call
        /// Sent to the place that issues a connector's tokens.
        case token
        /// Never sent: guild compares it with what others sign or send.
        case verify
        /// Never sent: anyone who presents it may use the API.
        case admit

        /// Whether the secret leaves the process.
        package var isSent: Bool { self == .model || self == .call || self == .token }
    }

    package let kind: Kind
    /// Origin and base path, or the name of the vendor for the vendor's own address; empty for a secret that is never
    /// sent.
    package let address: String

    /// - Parameters: - address: as a manifest has it; nil if it says none. - fallback: whose own address it is then.
    package init(_ kind: Kind, at address: String? = nil, else fallback: String = "") {
        self.kind = kind
        self.address = kind.isSent ? address.map(Self.base) ?? fallback : ""
    }

    /// `for https://api.example.com (model)`, `to verify`.
    package var purpose: String { kind.isSent ? "for \(address) (\(kind.rawValue))" : "to \(kind.rawValue)" }

    /// The same address has the same text. Only parts that cannot change the destination are removed: a query, slashes
    /// at the end, and the case of scheme and host.
    private static func base(_ address: String) -> String {
        var base = address.prefix { $0 != "?" && $0 != "#" }
        while base.last == "/" { base.removeLast() }
        guard let scheme = base.firstRange(of: "://") else { return String(base) }
        let end = base[scheme.upperBound...].firstIndex(of: "/") ?? base.endIndex
        return base[..<end].lowercased() + base[end...]
    }
}

/// A secret and its permitted use: the unit that an operator trusts, or does not.
package struct SecretPair: Sendable, Hashable, CustomStringConvertible {
    /// As the manifest has it: `env://NAME`.
    package let reference: String
    /// The permitted use.
    package let use: SecretUse

    package init(reference: String, use: SecretUse) {
        self.reference = reference
        self.use = use
    }

    /// A short name to say it by on a command line: 10 letters and digits.
    package var id: String {
        let parts = ["secret-pair", reference, use.kind.rawValue, use.address]
        return String(EventID(derivedFrom: parts).description.suffix(Self.idLength)).lowercased()
    }

    /// `env://KEY for https://api.example.com (model)`.
    package var description: String { "\(reference) \(use.purpose)" }

    private static let idLength = 10
}
