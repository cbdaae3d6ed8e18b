/// The columns of an entry with its body, as the walks over the whole log read them: by their places, and trusting no type.
enum AuditColumn {
    static let list = """
        a.seq, a.at, a.actor, a.kind, a.subject, a.commit_id, a.cause, a.root, a.body_hash, a.prev, a.hash, b.seq, b.salt,
        b.body
        """
    /// An erased body leaves no row.
    static let tables = "audit a LEFT JOIN audit_bodies b ON b.seq = a.seq"

    static let seq: Int32 = 0
    static let at: Int32 = 1
    static let actor: Int32 = 2
    static let kind: Int32 = 3
    static let subject: Int32 = 4
    static let commit: Int32 = 5
    static let cause: Int32 = 6
    static let root: Int32 = 7
    static let bodyHash: Int32 = 8
    static let previous: Int32 = 9
    static let hash: Int32 = 10
    /// NULL if the body is gone.
    static let bodySeq: Int32 = 11
    static let salt: Int32 = 12
    static let body: Int32 = 13
}
