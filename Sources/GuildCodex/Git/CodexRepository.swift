import CLibGit2
import Foundation
import GuildDomain
import Synchronization

/// The git repository that holds the codex, read through libgit2.
///
/// One handle behind one lock; each call reads what it needs and returns, so that the repository may change under a
/// running process. Objects are named by hash and never change: a loaded commit is safe from pushes, and a pinned one
/// from garbage collection.
package final class CodexRepository: Sendable {
    /// The repository's own folder (`…/.git`, or the bare repository), absolute.
    package var gitDirectory: String { folders.withLock { $0.gitDirectory } }
    /// The checked-out files, absolute and without a slash at the end; nil for a bare repository.
    package var workTree: String? { folders.withLock { $0.workTree } }
    /// The folder that the caller named, below the repository's root; nil if that is the root itself.
    package var namedFolder: String? { folders.withLock { $0.namedFolder } }
    /// The bounds within which commits are read.
    package let limits: CodexLimits
    /// The caller's location; perhaps a symbolic link, which may be switched.
    package let location: CodexLocation

    private let handle: Mutex<GitHandle>
    private let folders: Mutex<Folders>
    private let moved = Mutex<(@Sendable () -> Void)?>(nil)

    private struct Folders {
        let gitDirectory: String
        let workTree: String?
        let namedFolder: String?
        /// The resolved location at the time when the repository was opened.
        let target: String

        init(_ repository: OpaquePointer, at location: CodexLocation, target: String) {
            gitDirectory = CodexRepository.folder(git_repository_path(repository)) ?? location.path
            let isBare = git_repository_is_bare(repository) == 1
            workTree = isBare ? nil : CodexRepository.folder(git_repository_workdir(repository))
            namedFolder = workTree.flatMap { CodexRepository.folder(of: location.path, below: $0) }
            self.target = target
        }
    }
    private let packs: Mutex<PackCheck>
    /// Reads whole trees, which may take long, through a separate handle, so that small reads do not wait.
    private let separateReader = Mutex<CodexRepository?>(nil)
    /// Folders of a push that git has not taken over yet.
    private let quarantine = Mutex<[String]>([])

    /// Opens the repository that `location` is, or is inside of.
    package init(at location: CodexLocation, limits: CodexLimits = CodexLimits()) throws(CodexRepositoryError) {
        // Taken before, so that a link that is switched meanwhile is noticed later.
        let target = CodexLocation.resolvingLinks(location.path)
        let repository = try RepositoryOpening.open(location.path)
        let handle = GitHandle(repository: repository)
        folders = Mutex(Folders(repository, at: location, target: target))
        self.limits = limits
        self.location = location
        packs = Mutex(PackCheck(objects: Self.objects(of: repository) ?? location.path + "/objects"))
        self.handle = Mutex(handle)
    }

    /// From now on whole trees are read through a handle of their own: for a process that serves while it reads.
    package func separateReading() throws(CodexRepositoryError) {
        let reader = try CodexRepository(at: location, limits: limits)
        separateReader.withLock { $0 = reader }
    }

    var reader: CodexRepository? { separateReader.withLock { $0 } }

    private static func objects(of repository: OpaquePointer) -> String? {
        var path = git_buf()
        defer { git_buf_dispose(&path) }
        guard git_repository_item_path(&path, repository, GIT_REPOSITORY_ITEM_OBJECTS) == 0, let text = path.ptr else {
            return nil
        }
        let folder = String(cString: text)
        return folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }

    /// Checks new and changed packs before libgit2 trusts their content.
    ///
    /// - Parameter isLenient: accept a very recent check, for frequent callers.
    /// - Throws: `corrupt` with the name of the damaged file.
    func requireSoundPacks(isLenient: Bool = false) throws(CodexRepositoryError) {
        let outcome = packs.withLock { packs -> Result<Bool, CodexRepositoryError> in
            if isLenient, packs.isFresh { return .success(false) }
            do throws(CodexRepositoryError) { return .success(try packs.run(place: place)) } catch {
                return .failure(error)
            }
        }
        // libgit2 still maps the old files.
        if try outcome.get() { try reopen() }
    }

    /// Opens the repository again, for one that was replaced, or repacked while it was read.
    package func reopen() throws(CodexRepositoryError) {
        // The folder that was named may have gone with a commit; the repository around it has not.
        let opened = try RepositoryOpening.open(
            PathKind(at: location.path) == nil || hasMoved ? gitDirectory : location.path)
        // libgit2 keeps one pack for all handles, until the last of them lets go.
        try reader?.reopen()
        let quarantined = quarantine.withLock { $0 }
        try handle.withLock { handle -> Result<Void, GitFailure> in
            handle = GitHandle(repository: opened)
            do throws(GitFailure) { return .success(try Self.add(quarantined, to: opened)) } catch {
                return .failure(error)
            }
        }.mapError { CodexRepositoryError($0, place: place) }.get()
    }

    /// Has objects of a push that git has not taken over yet read too.
    func read(quarantine folders: [String]) throws(CodexRepositoryError) {
        quarantine.withLock { $0 = folders }
        try attempt { (repository) throws(GitFailure) in try Self.add(folders, to: repository) }
    }

    private static func add(_ folders: [String], to repository: OpaquePointer) throws(GitFailure) {
        guard !folders.isEmpty else { return }
        var database: OpaquePointer?
        defer { git_odb_free(database) }
        try GitFailure.check(git_repository_odb(&database, repository))
        for folder in folders { try GitFailure.check(git_odb_add_disk_alternate(database, folder)) }
    }

    /// Whether the location leads elsewhere now: a symbolic link in it was switched.
    package var hasMoved: Bool {
        let target = CodexLocation.resolvingLinks(location.path)
        // One that leads nowhere is being switched.
        return PathKind(at: target) != nil && folders.withLock { $0.target } != target
    }

    /// Opens the repository that the location leads to now.
    package func followMove() throws(CodexRepositoryError) {
        let target = CodexLocation.resolvingLinks(location.path)
        let opened = try RepositoryOpening.open(location.path)
        let found = Folders(opened, at: location, target: target)
        try reader?.followMove()
        let objects = Self.objects(of: opened) ?? found.gitDirectory + "/objects"
        packs.withLock { $0 = PackCheck(objects: objects) }
        handle.withLock { handle in
            handle = GitHandle(repository: opened)
            folders.withLock { $0 = found }
        }
        moved.withLock { $0 }?()
    }

    /// Has `body` called after each `followMove`.
    func whenMoved(_ body: @escaping @Sendable () -> Void) { moved.withLock { $0 = body } }

    /// The folders that hold a symbolic link on the way to the location.
    var linkFolders: [String] {
        var folder = ""
        var links: [String] = []
        for step in location.path.split(separator: "/") {
            var status = stat()
            if lstat("\(folder)/\(step)", &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
                links.append(folder.isEmpty ? "/" : folder)
            }
            folder += "/\(step)"
        }
        return links
    }

    /// The repository's name in messages.
    package var place: String { workTree ?? gitDirectory }

    /// The codex's files.
    package var files: CodexFiles { CodexFiles(of: self) }
    /// The commits.
    package var history: CodexHistory { CodexHistory(of: self) }
    /// The refs.
    package var references: CodexReferences { CodexReferences(of: self) }
    /// The commits that are kept from garbage collection.
    package var pins: PinnedCommits { PinnedCommits(of: self) }
    /// The anchors of audit logs.
    package var anchors: AnchorBranch { AnchorBranch(of: self) }
    /// Which codex it is.
    package var identity: CodexIdentity { CodexIdentity(of: self) }

    /// Folders that may be the codex, the likeliest first.
    var folderCandidates: [String] { namedFolder.map { [$0, $0 + "/codex"] } ?? ["codex", ""] }

    /// The commit that a revision names: a hash or its prefix, a branch, a tag, `HEAD~2`.
    ///
    /// Unlike in git (gitrevisions(7)), a short name means a branch before a tag: otherwise anyone who may push tags
    /// could decide what is served.
    ///
    /// - Parameter isServed: the name must be a branch; a tag counts by its full name only.
    /// - Throws: `notABranch` if `isServed` and only another ref has the name.
    package func resolve(_ revision: String, isServed: Bool = false) throws(CodexRepositoryError) -> CommitID {
        try requireSoundPacks()
        try references.refuseSpecial(revision)
        let outcome = withRepository { repository -> Result<CommitID, CodexRepositoryError> in
            let name = RevisionName(revision, in: repository)
            if isServed, let other = name.otherReference {
                return .failure(.notABranch(revision, place: self.place, reference: other))
            }
            do throws(GitFailure) {
                return .success(try Self.resolve(name.full, in: repository))
            } catch {
                return .failure(self.revisionError(revision, error, in: repository))
            }
        }
        return try outcome.get()
    }

    /// Runs `body` with the lock held; errors of libgit2 become those of the repository on the same thread.
    ///
    /// - Parameter readsObjects: false for reads of refs and configuration only, which damaged packs do not affect.
    func attempt<Value: Sendable>(
        readsObjects: Bool = true, _ body: (OpaquePointer) throws(GitFailure) -> Value
    ) throws(CodexRepositoryError) -> Value {
        if readsObjects { try requireSoundPacks(isLenient: true) }
        let outcome = withRepository { repository -> Result<Value, GitFailure> in
            do throws(GitFailure) { return .success(try body(repository)) } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let value): return value
        case .failure(let failure): throw CodexRepositoryError(failure, place: place)
        }
    }

    private func withRepository<Value: Sendable>(_ body: (OpaquePointer) -> Value) -> Value {
        handle.withLock { body($0.repository) }
    }

    /// `path` below `root`, both resolved; nil if they are the same or `path` is elsewhere.
    fileprivate static func folder(of path: String, below root: String) -> String? {
        let resolved = CodexLocation.resolvingLinks(path)
        let prefix = CodexLocation.resolvingLinks(root) + "/"
        guard resolved.hasPrefix(prefix) else { return nil }
        let folder = String(resolved.dropFirst(prefix.count))
        return folder.isEmpty || folder == ".git" || folder.hasPrefix(".git/") ? nil : folder
    }

    fileprivate static func folder(_ path: UnsafePointer<CChar>?) -> String? {
        guard let path else { return nil }
        let text = String(cString: path)
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

// MARK: - Start, quarantine and configuration

extension CodexRepository {
    /// Starts libgit2 ahead of need: Debian's build reads every CA certificate then, some 5 ms that a command can spend on
    /// another thread while it opens the ledger. Opening a repository does the same, and waits for a start under way.
    package static func prepare() { _ = GitLibrary.status }

    /// Reads objects that a push has brought and git has not taken over yet, as a `pre-receive` hook must (githooks(5),
    /// git-receive-pack(1), "Quarantine Environment").
    ///
    /// - Parameter environment: that of the hook.
    package func readQuarantine(_ environment: [String: String]) throws(CodexRepositoryError) {
        let alternates = (environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] ?? "").split(separator: ":").map(String.init)
        let quarantine = [environment["GIT_OBJECT_DIRECTORY"], environment["GIT_QUARANTINE_PATH"]].compactMap(\.self)
        let folders = (quarantine + alternates).filter { PathKind(at: $0) == .folder }
        if !folders.isEmpty { try read(quarantine: folders) }
    }

    /// The value of git's configuration, from all its files.
    package func configuration(_ key: String) throws(CodexRepositoryError) -> String? {
        try attempt(readsObjects: false) { (repository) throws(GitFailure) in
            var configuration: OpaquePointer?
            defer { git_config_free(configuration) }
            try GitFailure.check(git_repository_config(&configuration, repository))
            var buffer = git_buf()
            defer { git_buf_dispose(&buffer) }
            guard git_config_get_string_buf(&buffer, configuration, key) == 0, let text = buffer.ptr else { return nil }
            return String(cString: text)
        }
    }

    /// The folder that the repository's work trees share: hooks are in it.
    package func commonDirectory() throws(CodexRepositoryError) -> String {
        let folder = try attempt(readsObjects: false) { (repository) throws(GitFailure) in
            git_repository_commondir(repository).map { String(cString: $0) }
        }
        guard let folder else { return gitDirectory }
        return folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }
}

// MARK: - Revisions

extension CodexRepository {
    /// Whether the repository has the commit, and it can be read.
    package func has(_ commit: CommitID) -> Bool {
        // Any reason not to find it is one not to have it.
        (try? resolve(commit.hex)) != nil
    }

    /// Whether the repository is sound, and yet does not have the commit: of a damaged one neither this nor `has` holds.
    package func lacks(_ commit: CommitID) -> Bool {
        do throws(CodexRepositoryError) { _ = try resolve(commit.hex) } catch {
            if case .unknownRevision = error { return true }
        }
        return false
    }

    private static func resolve(_ revision: String, in repository: OpaquePointer) throws(GitFailure) -> CommitID {
        guard !revision.isEmpty, !revision.utf8.contains(0), revision.utf8.count <= maximumRevisionBytes else {
            throw GitFailure(code: GIT_EINVALIDSPEC.rawValue, detail: "not a revision")
        }
        try GitObjects(repository).requireWholeStart(of: revision)
        if let commit = GitObjects(repository).namedCommit(revision) { return commit }
        var object: OpaquePointer?
        try GitFailure.check(git_revparse_single(&object, repository, revision))
        let commit = try GitObjects(repository).peeled(object)
        defer { git_object_free(commit) }
        guard let oid = git_object_id(commit), let id = CommitID(oid.pointee.hex) else {
            throw GitFailure(code: GIT_ENOTFOUND.rawValue, detail: "no such commit")
        }
        return id
    }

    private func revisionError(
        _ revision: String, _ failure: GitFailure, in repository: OpaquePointer
    ) -> CodexRepositoryError {
        switch failure.code {
        case GIT_ENOTFOUND.rawValue, GIT_EINVALIDSPEC.rawValue, GIT_EPEEL.rawValue, GIT_EUNBORNBRANCH.rawValue:
            if ["HEAD", "@"].contains(revision), git_repository_head_unborn(repository) == 1 {
                return unborn(in: repository)
            }
            return .unknownRevision(revision, place: place, nearest: Self.nearest(revision, in: repository))
        case GIT_EAMBIGUOUS.rawValue:
            return .ambiguousRevision(revision, place: place)
        default:
            return CodexRepositoryError(failure, place: place)
        }
    }

    /// Why HEAD names no commit: the repository has none at all, or HEAD names a branch that it does not have.
    private func unborn(in repository: OpaquePointer) -> CodexRepositoryError {
        // Without the list of refs, HEAD is still the more likely fault of a repository that worked before.
        let isEmpty = (try? CodexReferences.names(matching: "refs/*", in: repository))?.isEmpty ?? false
        guard !isEmpty, let target = CodexReferences.symbolicTargets(of: "HEAD", in: repository).last else {
            return .empty(place: place)
        }
        let heads = "refs/heads/"
        return .missingBranch(
            target.hasPrefix(heads) ? String(target.dropFirst(heads.count)) : target, place: place)
    }

    private static func nearest(_ revision: String, in repository: OpaquePointer) -> String? {
        // Only a suggestion: without the list of refs the message is complete.
        let names = (try? CodexReferences.names(matching: "refs/*", in: repository)) ?? []
        let short = names.compactMap { name in
            ["refs/heads/", "refs/tags/", "refs/remotes/"].first { name.hasPrefix($0) }
                .map { String(name.dropFirst($0.count)) }
        }
        return NearestName.of(revision, in: short)
    }

    static let maximumRevisionBytes = 1024
}
