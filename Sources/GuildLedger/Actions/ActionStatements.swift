/// Reads and writes the rows of actions.
struct ActionStatements {
    let db: LedgerTransaction
}
