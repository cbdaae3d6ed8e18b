package import GuildDomain

/// Why a repository, or a revision of it, cannot be read.
package enum CodexRepositoryError: GuildError, Equatable {
    case missing(place: String)
    case notFoundUpwards(from: String)
    case unreadable(place: String, detail: String)
    case corrupt(place: String, detail: String)
    /// A format that libgit2 1.5 cannot read: `SHA-256 objects`, `the reftable format`.
    case unsupportedFormat(place: String, format: String)
    case foreignOwner(place: String)
    case empty(place: String)
    case withoutWorkTree(place: String)
    case unknownRevision(String, place: String, nearest: String?)
    case ambiguousRevision(String, place: String)
    case notACodex(place: String, revision: String, folder: String)
    /// A named pipe, a device, a folder or a socket where git keeps a file.
    case notAFile(path: String, found: String)
    /// A commit or folder whose bytes are whole, and not as git writes them.
    case malformed(place: String, detail: String)
    /// An object beyond a limit: a commit, a folder, a chain of tags.
    case tooLarge(place: String, detail: String)
    /// Reading took longer than it may.
    case tooSlow(place: String, revision: String, limit: Duration)
    /// Whoever wanted it does not want it any more.
    case cancelled(place: String)

    /// Whether another try, in the repository opened anew, may end otherwise.
    package var mayPass: Bool {
        switch self {
        case .malformed, .tooLarge, .tooSlow, .cancelled, .notACodex: false
        default: true
        }
    }

    /// Whether what is wrong may concern some objects only, so that another commit may well be whole.
    package var isOfObjects: Bool { if case .corrupt = self { true } else { false } }

    package var kind: ErrorKind {
        switch self {
        case .unknownRevision, .ambiguousRevision, .withoutWorkTree: .usage
        case .notACodex, .malformed, .tooLarge, .tooSlow: .invalidCodex
        case .cancelled: .interrupted
        default: .unavailable
        }
    }

    package var message: String {
        switch self {
        case .missing(let place): "\(place): no git repository here"
        case .notFoundUpwards(let folder): "\(folder): no codex here or in any folder above"
        case .unreadable(let place, let detail): "\(place): cannot read the repository: \(detail)"
        case .corrupt(let place, let detail): "\(place): the repository is damaged: \(detail)"
        case .unsupportedFormat(let place, let format):
            "\(place): the repository uses \(format), which guild cannot read"
        case .foreignOwner(let place): "\(place): the repository belongs to another user"
        case .empty(let place): "\(place): the repository has no commit yet"
        case .withoutWorkTree(let place): "\(place): a bare repository has no work tree"
        case .unknownRevision(let revision, let place, let nearest):
            "\(place): unknown revision '\(revision.escapingControls)'"
                + (nearest.map { ", did you mean '\($0)'?" } ?? "")
        case .ambiguousRevision(let revision, let place):
            "\(place): revision '\(revision.escapingControls)' could mean several objects"
        case .notACodex(let place, let revision, let folder):
            "\(place): no guild.yaml \(folder.isEmpty ? "at the root or in codex/" : "in \(folder)/") at \(revision)"
        case .notAFile(let path, let found): "\(path): \(found), where a repository has a plain file"
        case .malformed(let place, let detail), .tooLarge(let place, let detail): "\(place): \(detail)"
        case .tooSlow(let place, let revision, let limit):
            "\(place): reading \(revision.escapingControls) took longer than \(limit.components.seconds) s"
        case .cancelled(let place): "\(place): reading the codex was cancelled"
        }
    }

    package var hint: String? {
        switch self {
        case .missing: "give --codex a repository or a folder of one, or make one with `guild init DIR`"
        case .notFoundUpwards: "make one with `guild init DIR`, or say where it is with --codex PATH or GUILD_CODEX"
        case .unreadable: "check that the path exists and that you may read it"
        case .corrupt: "run `git fsck` there, and fetch what is missing from another copy"
        case .unsupportedFormat: "clone it into one with `git init --object-format=sha1 --ref-format=files`"
        case .foreignOwner(let place): "if you trust it: git config --global --add safe.directory '\(place)'"
        case .empty: "commit the codex first: git add . && git commit"
        case .withoutWorkTree: "leave out --worktree, or give --codex a clone with files"
        case .unknownRevision: "`git log --all --oneline` lists what there is; a branch may need a fetch"
        case .ambiguousRevision: "give more digits, or the full name of the ref"
        case .notACodex: "a codex needs a guild.yaml with `kind: Guild`; `guild init DIR` makes one"
        case .notAFile: "remove it, or use a fresh clone"
        case .malformed: "`git fsck` says what is wrong with it; commit again with git, on top of the commit before"
        case .tooLarge: "no codex needs one; see what `git log` and `git ls-tree -r` say of the revision"
        case .tooSlow: "make the codex smaller, `git gc` what is loose, or move it to a faster disk"
        case .cancelled: nil
        }
    }
}
