/// Rows that the members of one batch share: read once, kept here while members change them, and written once before
/// the commit. Each is a row that most transactions change, so that otherwise a batch would write it many times.
///
/// A member that fails takes its changes back: `mark` notes what was there before it, `restore` brings that back.
final class SharedRows {
    /// The last entry of the chain.
    struct AuditHead: Hashable, Sendable {
        let seq: Int64
        let hash: [UInt8]
    }

    private struct Rows {
        var auditHead: AuditHead?
        var isAuditHeadChanged = false
    }

    private var rows = Rows()
    private var marked = Rows()

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

    func mark() { marked = rows }
    func restore() { rows = marked }
    func forget() { rows = Rows() }
}
