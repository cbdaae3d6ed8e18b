package import GuildDomain

/// Why a repository, or a revision of it, cannot be read.
package enum CodexRepositoryError: GuildError, Equatable {
    case missing(place: String)
    case notFoundUpwards(from: String)
    case unreadable(place: String, detail: String)
    case corrupt(place: String, detail: String)
    /// A format that libgit2 1.5 cannot read: `SHA-256 objects`, `the reftable format`.
    case unsupportedFormat(place: String, format: String)
    /// An extension of the repository's format that libgit2 1.5 does not know, by its name in the configuration.
    case unsupportedExtension(place: String, name: String)
    /// Another process changes the same ref.
    case locked(place: String, detail: String)
    case foreignOwner(place: String)
    case empty(place: String)
    /// HEAD names a branch that does not exist, in a repository that has others.
    case missingBranch(String, place: String)
    case withoutWorkTree(place: String)
    case unknownRevision(String, place: String, nearest: String?)
    case ambiguousRevision(String, place: String)
    /// The short name of a tag where a branch is required; with the tag's full name.
    case notABranch(String, place: String, reference: String)
    case notACodex(place: String, revision: String, folder: String)
    /// A named pipe, a device, a folder or a socket in place of a git file.
    case notAFile(path: String, found: String)
    /// A commit or folder whose bytes are whole, and not as git writes them.
    case malformed(place: String, detail: String)
    /// An object beyond a limit: a commit, a folder, a chain of tags.
    case tooLarge(place: String, detail: String)
    /// Reading took longer than it may.
    case tooSlow(place: String, revision: String, limit: Duration)
    /// The caller cancelled the operation.
    case cancelled(place: String)

    /// Whether another try, in the repository opened again, may end otherwise.
    package var mayPass: Bool {
        switch self {
        case .malformed, .tooLarge, .tooSlow, .cancelled, .notACodex: false
        default: true
        }
    }

    /// Whether the damage may concern some objects only, so that another commit may be intact.
    package var isOfObjects: Bool { if case .corrupt = self { true } else { false } }

    package var kind: ErrorKind {
        switch self {
        case .unknownRevision, .ambiguousRevision, .notABranch, .withoutWorkTree: .usage
        case .notACodex, .malformed, .tooLarge, .tooSlow: .invalidCodex
        case .cancelled: .interrupted
        default: .unavailable
        }
    }

    package var message: String {
        switch self {
        case .missing(let place): "\(place): no git repository here"
        case .notFoundUpwards(let folder): "\(folder): no codex here or in any parent folder"
        case .unreadable(let place, let detail): "\(place): cannot read the repository: \(detail)"
        case .corrupt(let place, let detail): "\(place): the repository is damaged: \(detail)"
        case .unsupportedFormat(let place, let format):
            "\(place): the repository uses \(format), which guild cannot read"
        case .unsupportedExtension(let place, let name):
            "\(place): the repository uses the extension '\(name)', which guild cannot read"
        case .locked(let place, let detail): "\(place): another process is changing the repository: \(detail)"
        case .foreignOwner(let place): "\(place): the repository belongs to another user"
        case .empty(let place): "\(place): the repository has no commit yet"
        case .missingBranch(let branch, let place):
            "\(place): HEAD names the branch '\(branch.escapingControls)', which does not exist"
        case .withoutWorkTree(let place): "\(place): a bare repository has no work tree"
        case .unknownRevision(let revision, let place, let nearest):
            "\(place): unknown revision '\(revision.escapingControls)'"
                + (nearest.map { ", did you mean '\($0)'?" } ?? "")
        case .ambiguousRevision(let revision, let place):
            "\(place): revision '\(revision.escapingControls)' is ambiguous"
        case .notABranch(let revision, let place, let reference):
            "\(place): '\(revision.escapingControls)' is not a branch; there is only \(reference.escapingControls)"
        case .notACodex(let place, let revision, let folder):
            "\(place): no guild.yaml \(folder.isEmpty ? "at the root or in codex/" : "in \(folder)/") of \(revision)"
        case .notAFile(let path, let found): "\(path): \(found) in place of a plain file of the repository"
        case .malformed(let place, let detail), .tooLarge(let place, let detail): "\(place): \(detail)"
        case .tooSlow(let place, let revision, let limit):
            "\(place): reading \(revision.escapingControls) took longer than \(limit.components.seconds) s"
        case .cancelled(let place): "\(place): reading the codex was cancelled"
        }
    }

    package var hint: String? {
        switch self {
        case .missing: "give --codex a repository or a folder in one, or create one with `guild init DIR`"
        case .notFoundUpwards: "create one with `guild init DIR`, or name it with --codex PATH or GUILD_CODEX"
        case .unreadable: "check that the path exists and that you may read it"
        case .corrupt: "run `git fsck` there, and fetch missing objects from another copy"
        case .unsupportedFormat: "clone it into one made with `git init --object-format=sha1 --ref-format=files`"
        case .unsupportedExtension(_, let name):
            ["partialclone", "worktreeconfig"].contains(name.lowercased())
                ? "give --codex a clone that is neither partial nor sparse: git clone without --filter and --sparse"
                : "give --codex a clone without it; git clone makes one"
        case .locked: "try again; if no git runs there, remove the .lock file"
        case .foreignOwner(let place): "if you trust it: git config --global --add safe.directory '\(place)'"
        case .empty: "commit the codex first: git add . && git commit"
        case .missingBranch: "check out one that exists with `git switch BRANCH`; `git branch --all` lists them"
        case .withoutWorkTree: "remove --worktree, or give --codex a clone with files"
        case .unknownRevision: "`git log --all --oneline` lists the commits; a branch may need a fetch"
        case .ambiguousRevision: "give more digits, or the full name of the ref"
        case .notABranch: "push the branch first, or give the full name of the ref to serve it"
        case .notACodex: "a codex needs a guild.yaml with `kind: Guild`; `guild init DIR` creates one"
        case .notAFile: "remove it, or use a fresh clone"
        case .malformed: "`git fsck` shows the problem; commit again with git, on top of the previous commit"
        case .tooLarge: "no codex needs one; inspect the revision with `git log` and `git ls-tree -r`"
        case .tooSlow: "make the codex smaller, pack loose objects with `git gc`, or move it to a faster disk"
        case .cancelled: nil
        }
    }
}
