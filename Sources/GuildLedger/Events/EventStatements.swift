/// Reads and writes the rows of events and their messages.
struct EventStatements {
    let db: LedgerTransaction
}
