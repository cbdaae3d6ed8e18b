/// A reference to a secret, never the secret itself. It is resolved at the moment of use.
package enum SecretReference: Sendable, Hashable, CustomStringConvertible {
    /// `env://NAME`.
    case environment(String)
    /// `file:///absolute/path`.
    case file(String)
    /// `vault://mount/path#field`: HashiCorp Vault, KV version 2.
    case vault(mount: String, path: String, field: String)

    /// - Returns: nil for anything that is not a reference; such text may be a secret and must not be shown.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes, !text.utf8.contains(0) else { return nil }
        if let name = text.suffix(after: "env://") {
            guard let first = name.utf8.first, !(0x30...0x39).contains(first), name.utf8.allSatisfy(Self.isNameByte)
            else { return nil }
            self = .environment(name)
        } else if let path = text.suffix(after: "file://") {
            guard path.hasPrefix("/"), path.utf8.count > 1 else { return nil }
            self = .file(path)
        } else if let rest = text.suffix(after: "vault://") {
            let halves = rest.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, !halves[1].isEmpty, let slash = halves[0].firstIndex(of: "/") else { return nil }
            let mount = halves[0][..<slash]
            let path = halves[0][halves[0].index(after: slash)...]
            let steps = path.split(separator: "/", omittingEmptySubsequences: false)
            guard !mount.isEmpty, !steps.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else { return nil }
            self = .vault(mount: String(mount), path: String(path), field: String(halves[1]))
        } else {
            return nil
        }
    }

    /// The reference as it is written in a manifest.
    package var description: String {
        switch self {
        case .environment(let name): "env://\(name)"
        case .file(let path): "file://\(path)"
        case .vault(let mount, let path, let field): "vault://\(mount)/\(path)#\(field)"
        }
    }

    private static let maximumBytes = 4096

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte)
    }
}

extension String {
    fileprivate func suffix(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
