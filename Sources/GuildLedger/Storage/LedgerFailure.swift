package import GuildDomain

/// Why the ledger cannot be used or refused a write.
package enum LedgerFailure: GuildError, Equatable {
    case locked(path: String)
    case readOnly(path: String)
    case full(path: String)
    case newerVersion(path: String)
    /// An older guild wrote it, and it was opened only to be read.
    case olderVersion(path: String)
    case notALedger(path: String)
    case missing(path: String)
    case networkFileSystem(path: String)
    /// A body is missing or damaged; the reason names its file, if it has one.
    case damagedBody(reason: String)
    /// A body is in a form that only a newer guild writes, or is damaged so that it seems to be.
    case unknownBody(reason: String)
    case unusable(path: String, reason: String)
    /// A write carried an attempt or a lease that is no longer the newest: another worker owns the thing now.
    case fenced(what: String)
    case unsupportedURL(String)
    /// A text that is neither a URL nor clearly a path.
    case bareWord(String)

    package var kind: ErrorKind {
        switch self {
        case .fenced: .failed
        case .unsupportedURL, .bareWord: .usage
        default: .unavailable
        }
    }

    package var message: String {
        switch self {
        case .locked(let path): "ledger \(path): locked by another process"
        case .readOnly(let path): "ledger \(path): it or its folder is read-only"
        case .full(let path): "ledger \(path): the disk is full"
        case .newerVersion(let path): "ledger \(path): written by a newer version of guild"
        case .olderVersion(let path): "ledger \(path): written by an older version of guild, and not upgraded yet"
        case .notALedger(let path): "ledger \(path): not an SQLite database, or damaged"
        case .missing(let path): "no ledger at \(path)"
        case .networkFileSystem(let path): "ledger \(path): on a network file system, where SQLite's locks are unsafe"
        case .damagedBody(let reason): "a body is damaged: \(reason)"
        case .unknownBody(let reason): reason
        case .unusable(let path, let reason): "ledger \(path): \(reason)"
        case .fenced(let what): "\(what) is owned by a newer attempt"
        case .unsupportedURL(let url), .bareWord(let url): "'\(url)' is not a ledger URL"
        }
    }

    package var hint: String? {
        switch self {
        case .locked: "find the other process (`fuser` on the file), or try again"
        case .readOnly: "give this user write access, or name another ledger with --ledger sqlite:PATH"
        case .full: "free some space; everything acknowledged so far is safe"
        case .newerVersion: "install the newer guild, or name another ledger with --ledger sqlite:PATH"
        case .olderVersion:
            "run `guild serve` to upgrade it, or any other command that writes; this one only reads. Copy the ledger's files "
                + "first if the older guild may still be needed: it cannot open an upgraded ledger"
        case .notALedger: "restore a backup, or name another ledger with --ledger sqlite:PATH"
        case .missing: "a run or `guild serve` creates it; or name another with --ledger sqlite:PATH"
        case .networkFileSystem: "name a file on a local disk with --ledger sqlite:PATH"
        case .unknownBody: RowFault.newerHint
        case .damagedBody: "restore the ledger, with the folder beside it, from a backup"
        case .bareWord(let word): "a file of that name in this folder is sqlite:\(word)"
        case .unsupportedURL: "write sqlite:/absolute/path/ledger.sqlite"
        case .unusable, .fenced: nil
        }
    }

    /// Why the ledger at `path` cannot be opened. A row that breaks a rule is here one of a conversion.
    static func opening(_ error: any Error, path: String) -> LedgerFailure {
        if let fault = error as? StorageFault, fault.kind == .constraint {
            return .unusable(path: path, reason: fault.message)
        }
        let failure = translating(error, path: path)
        return failure as? LedgerFailure ?? .unusable(path: path, reason: "\(failure)")
    }

    /// The meaning of an engine's fault for the ledger at `path`; other errors pass unchanged.
    static func translating(_ error: any Error, path: String) -> any Error {
        guard let fault = error as? StorageFault else { return error }
        switch fault.kind {
        case .busy: return LedgerFailure.locked(path: path)
        case .readOnly: return LedgerFailure.readOnly(path: path)
        case .full: return LedgerFailure.full(path: path)
        case .notADatabase: return LedgerFailure.notALedger(path: path)
        case .constraint: return RowFault.refused(fault)
        case .inputOutput, .other: return LedgerFailure.unusable(path: path, reason: fault.message)
        }
    }
}
