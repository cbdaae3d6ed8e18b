/// Reads and writes accounts, their limits, windows and alerts.
struct AccountStatements {
    let db: LedgerTransaction
}
