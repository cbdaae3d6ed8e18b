/// Rows that the members of one batch share: read once, kept here while members change them, and written once before
/// the commit. Each is a row that most transactions change, so that otherwise a batch would write it many times.
///
/// A member that fails takes its changes back: `snapshot` is what was there before it, `restore` brings that back.
final class SharedRows {
    /// The last entry of the chain.
    struct AuditHead: Hashable, Sendable {
        let seq: Int64
        let hash: [UInt8]
    }

    /// The rows at one moment.
    struct Snapshot {
        fileprivate var auditHead: AuditHead?
        fileprivate var isAuditHeadChanged = false
    }

    private var rows = Snapshot()

    /// Nil if nobody has read it in this batch.
    var auditHead: AuditHead? { rows.auditHead }

    /// Notes what the database holds.
    func found(auditHead: AuditHead) { rows.auditHead = auditHead }

    func change(auditHead: AuditHead) {
        rows.auditHead = auditHead
        rows.isAuditHeadChanged = true
    }

    /// - Returns: what the database does not hold yet, as if it now did.
    func takeChangedAuditHead() -> AuditHead? {
        guard rows.isAuditHeadChanged else { return nil }
        rows.isAuditHeadChanged = false
        return rows.auditHead
    }

    var snapshot: Snapshot { rows }
    func restore(_ snapshot: Snapshot) { rows = snapshot }
    func forget() { rows = Snapshot() }
}
