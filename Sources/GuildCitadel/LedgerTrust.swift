import GuildConnectors
import GuildDomain
import GuildLedger

/// What the ledger says of secrets, looked up each time: a row by its key costs less than what a secret is used for, and
/// what one process revokes no other uses any more.
struct LedgerTrust: SecretTrust {
    let ledger: Ledger

    func verdict(on pair: SecretPair) async throws -> SecretVerdict {
        switch try await ledger.secretState(of: pair) {
        case .trusted: .trusted
        case .revoked: .revoked
        case .waiting, nil: .waiting
        }
    }
}
