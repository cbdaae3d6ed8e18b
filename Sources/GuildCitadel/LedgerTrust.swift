import GuildConnectors
import GuildDomain
import GuildLedger

/// The ledger's trust in secrets, looked up each time: a row by its key costs less than any use of a secret, and a
/// revocation in one process applies to all others.
struct LedgerTrust: SecretTrust {
    let secrets: SecretLedger

    func verdict(on pair: SecretPair) async throws -> SecretVerdict {
        switch try await secrets.state(of: pair) {
        case .trusted: .trusted
        case .revoked: .revoked
        case .waiting, nil: .waiting
        }
    }
}
