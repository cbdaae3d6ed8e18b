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
        case .exists(let path): "backup \(path): it exists already"
        case .noFolder(let path): "backup \(path): its folder does not exist"
        case .busy(let path): "backup \(path): another backup into it is in progress"
        case .notABackup(let path, let reason): "backup \(path): \(reason)"
        case .damaged(let path, let reason): "backup \(path): \(reason)"
        case .newerVersion(let path): "backup \(path): made by a newer version of guild"
        case .notWritten(let path, let reason): "backup \(path): cannot be written: \(reason)"
        case .unsound(let path, let reason): "ledger \(path): \(reason)"
        case .foreign(let path): "backup \(path): of another codex: this repository has no commit that it accepted"
        case .ledgerExists(let path): "ledger \(path): it exists already"
        case .inUse(let path, let processes):
            processes.isEmpty
                ? "ledger \(path): in use by another process"
                : "ledger \(path): in use by process \(processes.map(String.init).joined(separator: ", "))"
        }
    }

    package var hint: String? {
        switch self {
        case .exists: "name a folder that does not exist yet"
        case .noFolder: "create it first: guild creates only the last part of the path"
        case .busy: "wait for it, or name another folder"
        case .notABackup: "name a folder that `guild ledger backup` made"
        case .damaged: "take another backup; nothing was changed"
        case .newerVersion: "install the newer guild; nothing was changed"
        case .notWritten:
            "check its folder's permissions, the disk, and file size limits (`ulimit -f`); the partial backup was removed"
        case .unsound: "`guild ledger check` shows details; nothing was changed"
        case .ledgerExists: "add --force to replace it with the backup; the existing ledger is kept aside"
        case .foreign: "name a backup of this codex's ledger; add --foreign if this is intended. Nothing was changed"
        case .inUse: "end the processes that use it (`guild serve`, a run), then try again"
        }
    }
}
