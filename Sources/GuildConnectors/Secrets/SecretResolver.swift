import Foundation
package import GuildCodex
package import GuildDomain
package import GuildTransport
package import Logging
import Synchronization

/// Looks secrets up at the moment of use, and gives the redactor each one that it finds.
///
/// A value is cached for a few seconds only, so that a rotated secret is soon in use, and a burst of webhooks does not
/// become a burst of look-ups.
package final class SecretResolver: Sendable {
    /// The size of the largest secret, in bytes.
    package static let largestSecretBytes = 64 << 10
    /// How long a value is used before it is looked up again.
    package static let cacheSeconds: Int64 = 10
    /// More references than this are looked up without being remembered.
    package static let cacheLimit = 256

    /// Learns every secret that is found.
    package let redactor: Redactor
    private let trust: any SecretTrust
    let environment: @Sendable (String) -> String?
    private let http: HTTPClient?
    private let clock: any TimeSource
    private let logger: Logger
    private let cache = Mutex<[SecretReference: Entry]>([:])
    private let warnedFiles = Mutex<Set<String>>([])
    let knownCommit = Mutex<String?>(nil)

    private struct Entry {
        let secret: Secret
        let expires: Timestamp
    }

    /// - Parameters:
    ///   - trust: decides which secret may be used for what; asked at each use.
    ///   - http: reaches Vault; without it `vault://` references fail.
    ///   - environment: reads one variable of the process.
    package init(
        redactor: Redactor, trust: any SecretTrust, http: HTTPClient?, clock: any TimeSource, logger: Logger,
        environment: @escaping @Sendable (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
    ) {
        self.redactor = redactor
        self.trust = trust
        self.http = http
        self.clock = clock
        self.logger = logger
        self.environment = environment
    }

    /// The current secret of the reference, not empty and at most `largestSecretBytes`; the only way to one.
    ///
    /// - Throws: `untrusted` if no operator trusts this use, `revoked` if an operator has revoked it.
    package func resolve(
        _ reference: SecretReference, for use: SecretUse
    ) async throws(SecretFailure) -> Secret {
        let pair = SecretPair(reference: reference.description, use: use)
        let verdict: SecretVerdict
        do {
            verdict = try await trust.verdict(on: pair)
        } catch {
            throw SecretFailure(reference, .trustUnknown("\(error)"))
        }
        switch verdict {
        case .trusted: return try await value(of: reference)
        case .waiting: throw SecretFailure(reference, .untrusted(pair))
        case .revoked: throw SecretFailure(reference, .revoked(pair))
        }
    }

    private func value(of reference: SecretReference) async throws(SecretFailure) -> Secret {
        let now = clock.now
        if let entry = cache.withLock({ $0[reference] }), entry.expires > now { return entry.secret }
        let secret = try await lookUp(reference)
        guard !secret.isEmpty else { throw SecretFailure(reference, .empty) }
        guard secret.bytes.count <= Self.largestSecretBytes else {
            throw SecretFailure(reference, .tooLarge(limitBytes: Self.largestSecretBytes))
        }
        redactor.learn(secret)
        let entry = Entry(secret: secret, expires: now + .seconds(Self.cacheSeconds))
        cache.withLock { entries in
            if entries.count >= Self.cacheLimit { entries = entries.filter { $0.value.expires > now } }
            if entries.count < Self.cacheLimit { entries[reference] = entry }
        }
        return secret
    }

    private func lookUp(_ reference: SecretReference) async throws(SecretFailure) -> Secret {
        switch reference {
        case .environment(let name):
            guard let value = environment(name) else { throw SecretFailure(reference, .missing("it is not set")) }
            return Secret(line: Array(value.utf8))
        case .file(let path):
            let file = try SecretFile.read(path, for: reference)
            if file.isReadableByOthers, warnedFiles.withLock({ $0.insert(path).inserted }) {
                logger.warning("secret \(reference): every user of this machine can read the file")
            }
            return file.secret
        case .vault(let mount, let path, let field):
            return try await vault(for: reference).secret(mount: mount, path: path, field: field, for: reference)
        }
    }

    private func vault(for reference: SecretReference) throws(SecretFailure) -> VaultStore {
        guard let http, let address = environment("VAULT_ADDR"), !address.isEmpty,
            let token = environment("VAULT_TOKEN"), !token.isEmpty
        else { throw SecretFailure(reference, .notConfigured("VAULT_ADDR or VAULT_TOKEN is not set")) }
        redactor.learn(Secret(token))
        return VaultStore(
            http: http, address: address, token: Secret(token), namespace: environment("VAULT_NAMESPACE"))
    }

    /// Why a reference has no secret, as far as this host can tell: Vault itself is not asked. Nil if there is no
    /// objection.
    package func localAbsence(of reference: SecretReference) -> SecretFailure? {
        do throws(SecretFailure) {
            _ = try localSecret(of: reference)
            return nil
        } catch {
            return error
        }
    }

    /// Why webhooks of `source` cannot be verified with a reference, as far as this host can tell: it has no secret, or
    /// one of a form that the scheme cannot use.
    package func localAbsence(of reference: SecretReference, for source: any WebhookSource) -> SecretFailure? {
        do throws(SecretFailure) {
            guard let secret = try localSecret(of: reference), let objection = source.objection(to: secret) else {
                return nil
            }
            return SecretFailure(reference, .unsuitable(objection))
        } catch {
            return error
        }
    }

    /// - Returns: nil for one that only Vault knows.
    private func localSecret(of reference: SecretReference) throws(SecretFailure) -> Secret? {
        let secret: Secret
        switch reference {
        case .environment(let name):
            guard let value = environment(name) else { throw SecretFailure(reference, .missing("it is not set")) }
            secret = Secret(line: Array(value.utf8))
        case .file(let path): secret = try SecretFile.read(path, for: reference).secret
        case .vault:
            _ = try vault(for: reference)
            return nil
        }
        guard !secret.isEmpty else { throw SecretFailure(reference, .empty) }
        guard secret.bytes.count <= Self.largestSecretBytes else {
            throw SecretFailure(reference, .tooLarge(limitBytes: Self.largestSecretBytes))
        }
        return secret
    }
}
