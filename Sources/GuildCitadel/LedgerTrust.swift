import GuildConnectors
import GuildDomain
import GuildLedger
import Synchronization

/// What the ledger says of secrets. A yes is remembered for as long as a secret's value is, so that a burst of webhooks
/// is no burst of look-ups; a no is asked again each time, so that trust counts at once.
final class LedgerTrust: SecretTrust {
    private let ledger: Ledger
    private let time: any TimeSource
    private let trusted = Mutex<[SecretPair: Timestamp]>([:])

    init(_ ledger: Ledger, time: any TimeSource) {
        self.ledger = ledger
        self.time = time
    }

    func trusts(_ pair: SecretPair) async throws -> Bool {
        let now = time.now
        if let until = trusted.withLock({ $0[pair] }), until > now { return true }
        let isTrusted = try await ledger.isTrusted(pair)
        trusted.withLock { trusted in
            if trusted.count >= SecretResolver.cacheLimit { trusted = trusted.filter { $0.value > now } }
            trusted[pair] = isTrusted ? now + .seconds(SecretResolver.cacheSeconds) : nil
        }
        return isTrusted
    }
}
