package import GuildCodex
package import GuildDomain

/// A token, password or key. Printing it shows `••••`; only `reveal()` and `bytes` disclose it.
package struct Secret: Sendable {
    /// The replacement for any secret in shown text.
    package static let mask = "••••"

    /// The secret itself: for the request or the signature that needs it, and for nothing that is kept.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package init(_ text: String) { bytes = Array(text.utf8) }

    /// A secret from a file or a variable: one line end at its end is not part of it.
    init(line: [UInt8]) {
        var bytes = line
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        self.bytes = bytes
    }

    /// Whether it has no bytes.
    package var isEmpty: Bool { bytes.isEmpty }

    /// The secret as text; bytes that are not UTF-8 become U+FFFD.
    package func reveal() -> String { String(decoding: bytes, as: UTF8.self) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    /// `dump` walks the mirror, so it has no children.
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

/// The source of a secret at the moment of use.
package enum SecretSource: Sendable {
    case known(Secret)
    case reference(SecretReference, for: SecretUse, by: SecretResolver)

    /// The secret as it is now.
    package func current() async throws(SecretFailure) -> Secret {
        switch self {
        case .known(let secret): secret
        case .reference(let reference, let use, let resolver): try await resolver.resolve(reference, for: use)
        }
    }
}
