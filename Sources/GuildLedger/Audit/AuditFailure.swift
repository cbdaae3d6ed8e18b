package import GuildDomain

/// The name of a ledger in its anchors.
package typealias LedgerID = Identifier<Ledger>

/// Why a question to the audit log has no answer. Tampering is not one of these: it is a verdict.
package enum AuditFailure: GuildError, Equatable {
    case noEntry(Int64)
    case badSize(Int64, seq: Int64, head: Int64)
    /// An anchor, proof or remembered position that is not in its format.
    case badDocument(place: String, member: String, expected: String)
    /// An anchor of another ledger.
    case otherLedger(place: String, found: LedgerID, ours: LedgerID)

    package var kind: ErrorKind {
        switch self {
        case .noEntry, .badSize, .badDocument: .usage
        case .otherLedger: .failed
        }
    }

    package var message: String {
        switch self {
        case .noEntry(let seq): "the audit log has no entry \(seq)"
        case .badSize(let size, let seq, let head):
            "no tree of \(size) entries contains entry \(seq): the log has \(head)"
        case .badDocument(let place, let member, let expected): "\(place): '\(member)' must be \(expected)"
        case .otherLedger(let place, let found, let ours):
            "\(place): anchors ledger \(found), but this is ledger \(ours)"
        }
    }

    package var hint: String? {
        switch self {
        case .noEntry: "`guild audit log -n 1` shows the newest; if it should be there, run `guild audit verify`"
        case .badSize: "remove --size, or name a number from the entry's own up to the newest's"
        case .badDocument: "use the unchanged output of `guild audit anchor -o json` or `guild audit proof -o json`"
        case .otherLedger: "name its ledger with --ledger; if this should be that ledger, it was replaced"
        }
    }
}
