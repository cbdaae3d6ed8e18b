/// Reads and writes the commits that were met.
struct CodexStatements {
    let db: LedgerTransaction
}
