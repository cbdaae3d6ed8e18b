package import GuildDomain

/// Why a backup could not be made or restored.
package enum BackupFailure: GuildError, Equatable {
    case exists(path: String)
    case noFolder(path: String)
    case busy(path: String)
    case notABackup(path: String, reason: String)
    case damaged(path: String, reason: String)
    case newerVersion(path: String)
    /// The copy met an error of the disk, or a limit on the size of files.
    case notWritten(path: String, reason: String)
    /// The copy is not a valid ledger.
    case unsound(path: String, reason: String)
    case ledgerExists(path: String)
    case inUse(path: String, processes: [Int32])
    /// Of another codex.
    case foreign(path: String)

    package var kind: ErrorKind {
        switch self {
        case .exists, .noFolder, .notABackup, .ledgerExists, .foreign: .usage
        case .damaged, .unsound: .failed
        case .busy, .newerVersion, .notWritten, .inUse: .unavailable
        }
    }

    package var message: String {
        switch self {
        case .exists(let path): "backup \(path): there is something already"
        case .noFolder(let path): "backup \(path): its folder is not there"
        case .busy(let path): "backup \(path): another backup into it is under way"
        case .notABackup(let path, let reason): "backup \(path): \(reason)"
        case .damaged(let path, let reason): "backup \(path): \(reason)"
        case .newerVersion(let path): "backup \(path): made by a newer version of guild"
        case .notWritten(let path, let reason): "backup \(path): cannot be written: \(reason)"
        case .unsound(let path, let reason): "ledger \(path): \(reason)"
        case .foreign(let path): "backup \(path): of another codex: this repository has no commit that it accepted"
        case .ledgerExists(let path): "ledger \(path): there is one already"
        case .inUse(let path, let processes):
            processes.isEmpty
                ? "ledger \(path): in use by another process"
                : "ledger \(path): in use by process \(processes.map(String.init).joined(separator: ", "))"
        }
    }

    package var hint: String? {
        switch self {
        case .exists: "name a folder that is not there yet"
        case .noFolder: "make it first: only the last part of the path is made"
        case .busy: "wait for it, or name another folder"
        case .notABackup: "name a folder that `guild ledger backup` made"
        case .damaged: "take another backup; nothing was changed"
        case .newerVersion: "install the newer guild; nothing was changed"
        case .notWritten:
            "look at its folder's permissions, the disk, and limits on the size of files (`ulimit -f`); nothing of it was kept"
        case .unsound: "`guild ledger check` says more; nothing was changed"
        case .ledgerExists: "add --force to put the backup in its place; the ledger that is there is kept aside"
        case .foreign: "name the backup of this codex's ledger; add --foreign if it is meant. Nothing was changed"
        case .inUse: "end what uses it (`guild serve`, a run), then try again"
        }
    }
}
