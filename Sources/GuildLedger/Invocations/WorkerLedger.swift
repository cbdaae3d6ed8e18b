/// The processes that work on this ledger.
package struct WorkerLedger: Sendable {
    let ledger: Ledger
}
