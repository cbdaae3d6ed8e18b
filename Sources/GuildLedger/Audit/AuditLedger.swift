/// The audit log: its chain, proofs, anchors and exports.
package struct AuditLedger: Sendable {
    let ledger: Ledger
}
