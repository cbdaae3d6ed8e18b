/// Reads and writes trusted pairs of secret and host.
struct SecretStatements {
    let db: LedgerTransaction
}
