import Crypto
package import GuildDomain

/// One thing that somebody may have to account for. Actor and subject hold ids only, never personal data.
package struct AuditEntry: Sendable, Hashable {
    /// What happened.
    package enum Kind: String, Sendable, CaseIterable {
        case codexAccepted = "codex.accepted"
        case codexRefused = "codex.refused"
        case eventAccepted = "event.accepted"
        case dispatchDecided = "dispatch.decided"
        case invocationBegun = "invocation.begun"
        case invocationReclaimed = "invocation.reclaimed"
        case invocationRetried = "invocation.retried"
        case invocationEnded = "invocation.ended"
        case modelCalled = "model.called"
        case modelFailed = "model.failed"
        case toolCalled = "tool.called"
        case budgetEstimated = "budget.estimated"
        case budgetOverrun = "budget.overrun"
        case budgetRefused = "budget.refused"
        case actionRequested = "action.requested"
        case actionAttempted = "action.attempted"
        case actionRetried = "action.retried"
        case actionEnded = "action.ended"
        case approvalRequested = "approval.requested"
        case approvalDecided = "approval.decided"
        case scheduleFired = "schedule.fired"
        case scheduleMissed = "schedule.missed"
        case operatorCommand = "operator.command"
    }

    package var at: Timestamp
    /// `webhook-gateway`, `dispatcher`, `executor`, `user:NAME`.
    package var actor: String
    package var kind: Kind
    /// The id of the thing.
    package var subject: String
    package var commit: String?
    package var cause: String?
    package var root: String?
    package var body: JSONValue

    package init(
        at: Timestamp, actor: String, kind: Kind, subject: String, commit: String? = nil, cause: String? = nil,
        root: String? = nil, body: JSONValue
    ) {
        self.at = at
        self.actor = actor
        self.kind = kind
        self.subject = subject
        self.commit = commit
        self.cause = cause
        self.root = root
        self.body = body
    }
}

/// How the chain is made: hash = SHA-256(version ‖ columns, each with its length ‖ body hash ‖ previous hash), and
/// body hash = SHA-256(salt ‖ the body's bytes exactly as stored). docs/audit-format.md gives it for other languages.
enum AuditHash {
    static let version: UInt8 = 1
    static let absent: UInt32 = .max
    /// The salt stands before the body without a length, so its own is fixed.
    static let saltBytes = 16

    static func body(salt: [UInt8], body: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: salt)
        hash.update(data: body)
        return Array(hash.finalize())
    }

    static func entry(
        seq: Int64, at: Int64, actor: String, kind: String, subject: String, commit: String?, cause: String?,
        root: String?, bodyHash: [UInt8], previous: [UInt8]
    ) -> [UInt8] {
        entry(
            seq: seq, at: at, columns: [actor, kind, subject, commit, cause, root].map { $0.map { Array($0.utf8) } },
            bodyHash: bodyHash, previous: previous)
    }

    /// - Parameter columns: the bytes of actor, kind, subject, commit, cause and root; nil for NULL.
    static func entry(
        seq: Int64, at: Int64, columns: [[UInt8]?], bodyHash: [UInt8], previous: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = [version]
        bytes.reserveCapacity(320)
        append(UInt64(bitPattern: seq), to: &bytes)
        append(UInt64(bitPattern: at), to: &bytes)
        for column in columns {
            guard let column else {
                append(absent, to: &bytes)
                continue
            }
            append(UInt32(truncatingIfNeeded: column.count), to: &bytes)
            bytes.append(contentsOf: column)
        }
        bytes.append(contentsOf: bodyHash)
        bytes.append(contentsOf: previous)
        return Array(SHA256.hash(data: bytes))
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
