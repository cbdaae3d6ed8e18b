/// Reads and writes rows of reports.
struct ReportStatements {
    let db: LedgerTransaction
}
