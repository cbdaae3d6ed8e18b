package import GuildCodex
package import GuildDomain

/// Why a secret reference has no secret. Names the reference, never a value.
package struct SecretFailure: GuildError, Equatable {
    /// The reason, without the secret's value.
    package enum Cause: Sendable, Equatable {
        /// The variable is unset, the file or the field does not exist.
        case missing(String)
        case empty
        case tooLarge(limitBytes: Int)
        case unreadable(String)
        /// Its use needs another form, which this names.
        case unsuitable(String)
        /// Vault needs an address, a token and a client.
        case notConfigured(String)
        /// Vault answered with an error, or not at all.
        case store(String)
        /// No operator lets it be used so.
        case untrusted(SecretPair)
        /// An operator has taken back that it may be used so.
        case revoked(SecretPair)
        /// The ledger, which knows, cannot be read.
        case trustUnknown(String)
    }

    /// The reference that has no secret.
    package let reference: SecretReference
    /// The reason why it has none.
    package let cause: Cause

    package init(_ reference: SecretReference, _ cause: Cause) {
        self.reference = reference
        self.cause = cause
    }

    /// Whether the same look-up may succeed a moment later with nothing changed by a person.
    package var isTransient: Bool {
        switch cause {
        case .store, .trustUnknown: true
        default: false
        }
    }

    package var kind: ErrorKind { isUntrusted ? .refused : .unavailable }

    /// Whether a person has to allow it first.
    package var isUntrusted: Bool {
        switch cause {
        case .untrusted, .revoked: true
        default: false
        }
    }

    package var message: String {
        switch cause {
        case .missing(let what): "secret \(reference): \(what)"
        case .empty: "secret \(reference): it is empty"
        case .tooLarge(let limit): "secret \(reference): larger than \(limit) bytes"
        case .unreadable(let reason), .unsuitable(let reason): "secret \(reference): \(reason)"
        case .notConfigured(let what): "secret \(reference): \(what)"
        case .untrusted(let pair): "secret \(reference): not trusted \(pair.use.purpose)"
        case .revoked(let pair): "secret \(reference): trust \(pair.use.purpose) is revoked"
        case .trustUnknown(let reason): "secret \(reference): cannot determine whether it is trusted: \(reason)"
        case .store(let reason): "secret \(reference): Vault: \(reason)"
        }
    }

    package var hint: String? {
        switch (reference, cause) {
        case (_, .untrusted(let pair)): "an operator must trust it first: guild registry trust \(pair.id)"
        case (_, .revoked(let pair)): "an operator may trust it again: guild registry trust \(pair.id)"
        case (_, .trustUnknown), (_, .unsuitable): nil
        case (.environment(let name), _): "set \(name) in the environment of the guild process"
        case (.file, _): "the file must be readable by the user that guild runs as and hold only the secret"
        case (.vault, .notConfigured): "set VAULT_ADDR and VAULT_TOKEN in the environment of the guild process"
        case (.vault, _): "check the mount, the path and the field, and that the token may read them"
        }
    }
}
