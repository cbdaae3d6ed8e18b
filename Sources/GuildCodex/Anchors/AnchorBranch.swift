import CLibGit2
import Foundation
import GuildDomain

/// The anchors of audit logs: a linear history at `refs/guild/audit`, whose tree holds one small file for each ledger.
///
/// The ref is only ever moved from the commit that was looked at to a child of it. Neither snapshots nor the watcher
/// read anything below `refs/guild/`, so an anchor never looks like a change of the codex.
package struct AnchorBranch: Sendable {
    /// The ref that holds the history of anchors.
    package static let ref = "refs/guild/audit"
    private let repository: CodexRepository

    init(of repository: CodexRepository) { self.repository = repository }

    /// The repository's name in messages.
    package var place: String { repository.place }

    /// Bytes of one anchor's file that are read at most.
    private static let anchorBytes = 64 << 10
    /// Ledgers whose anchors one repository carries.
    private static let ledgersLimit = 10_000

    /// The content of a commit in the anchors' history.
    package struct Content: Sendable, Hashable {
        /// The commit that was read.
        package let commit: CommitID
        /// The files of the tree by name.
        package let files: [String: [UInt8]]
    }

    /// How an anchor got into the repository.
    package enum Anchoring: Sendable, Hashable {
        case committed(CommitID, isSigned: Bool)
        /// The ref no longer points at `parent`: read it again.
        case moved
    }

    /// The newest anchors in this repository; nil if there are none.
    ///
    /// - Parameter revision: another place to look, such as `FETCH_HEAD` after `git fetch REMOTE refs/guild/audit`.
    /// - Throws: `CodexRepositoryError` if a revision is given and does not exist either.
    package func newest(at revision: String? = nil) throws -> Content? {
        let commit: CommitID
        if let revision {
            commit = try repository.resolve(revision)
        } else {
            guard let tip = try repository.attempt({ (repository) throws(GitFailure) in try Self.tip(of: repository) })
            else {
                return nil
            }
            commit = tip
        }
        let files = try repository.attempt { (repository) throws(GitFailure) in
            try Self.anchorFiles(at: commit, of: repository)
        }
        return Content(commit: commit, files: files)
    }

    /// The versions that one file had up to a commit, the newest first, along the first parents.
    ///
    /// - Parameter limit: commits looked at.
    package func history(
        of file: String, from commit: CommitID, limit: Int
    ) throws(CodexRepositoryError) -> [(commit: CommitID, bytes: [UInt8])] {
        try repository.attempt { (repository) throws(GitFailure) in
            var found: [(commit: CommitID, bytes: [UInt8])] = []
            var next: CommitID? = commit
            for _ in 0..<limit {
                guard let current = next else { break }
                let (bytes, parent) = try Self.anchorFile(file, at: current, of: repository)
                guard let bytes else { break }
                // The commits of other ledgers carry ours along: the oldest of equal ones made it.
                if found.last?.bytes == bytes { found.removeLast() }
                found.append((current, bytes))
                next = parent
            }
            return found
        }
    }

    /// Commits a new version of one file onto the anchors' history, signed if git is set up to sign commits.
    ///
    /// - Parameter parent: the tip that the caller read; nil if there was none.
    package func commit(
        file: String, bytes: [UInt8], message: String, onto parent: CommitID?
    ) throws(AnchorFailure) -> Anchoring {
        // For the whole process, and for good: an anchor that a power cut empties would block the next one.
        _ = GitLibrary.status
        _ = guild_git_set_fsync(1)
        let lock = try AnchorLock(folder: sharedFolder)
        let ref = sharedFolder + "/" + Self.ref
        lock.clear(ref + ".lock")
        let draft = try writing { (repository) throws(GitFailure) in
            try Self.draft(file, bytes, onto: parent, in: repository)
        }
        let commit: CommitID
        if draft.mustSign {
            commit = try signed(draft, message: message, onto: parent)
        } else {
            commit = try writing { (repository) throws(GitFailure) in
                try Self.write(draft, message: message, onto: parent, in: repository)
            }
        }
        lock.begin()
        defer { lock.end() }
        let isMoved = try writing { (repository) throws(GitFailure) in
            try Self.moveRef(from: parent, to: commit, in: repository)
        }
        return isMoved ? .committed(commit, isSigned: draft.mustSign) : .moved
    }

    /// Sends the anchors to another repository with the git command, which knows how to reach it. Never forced.
    package func push(to remote: String) throws(AnchorFailure) {
        let place = GitProgram.withoutPasswords(remote)
        let finished: GitProgram.Outcome
        do throws(Failure) {
            finished = try git(
                ["push", "--porcelain", "--", remote, "\(Self.ref):\(Self.ref)"])
        } catch {
            throw .notPushed(remote: place, detail: error.message)
        }
        guard finished.status == 0 else { throw .notPushed(remote: place, detail: finished.reason) }
    }

    /// The folder of refs and objects: for a linked work tree, that of the repository it belongs to.
    private var sharedFolder: String {
        // Without an answer use the repository's own folder, which is correct except for linked work trees.
        (try? repository.commonDirectory()) ?? repository.gitDirectory
    }

    /// `attempt` for writes: a failure does not mean that the repository is damaged.
    private func writing<Value: Sendable>(
        _ body: (OpaquePointer) throws(GitFailure) -> Value
    ) throws(AnchorFailure) -> Value {
        let outcome: Result<Value, GitFailure>
        do throws(CodexRepositoryError) {
            outcome = try repository.attempt { repository in
                do throws(GitFailure) { return .success(try body(repository)) } catch { return .failure(error) }
            }
        } catch {
            throw .notWritable(place: place, detail: error.message)
        }
        switch outcome {
        case .success(let value): return value
        case .failure(let failure) where failure.code == GIT_ELOCKED.rawValue:
            throw .locked(place: place, file: sharedFolder + "/" + Self.ref + ".lock")
        case .failure(let failure): throw .notWritable(place: place, detail: failure.detail.escapingControls)
        }
    }

    private func signed(
        _ draft: AnchorDraft, message: String, onto parent: CommitID?
    ) throws(AnchorFailure) -> CommitID {
        let parents = parent.map { ["-p", $0.hex] } ?? []
        let finished: GitProgram.Outcome
        do throws(Failure) {
            finished = try git(
                ["commit-tree", "-S", draft.tree] + parents + ["-m", message], adding: draft.author)
        } catch {
            throw .notSigned(place: place, detail: error.message)
        }
        let name = finished.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard finished.status == 0, let commit = CommitID(name) else {
            throw .notSigned(place: place, detail: finished.reason)
        }
        return commit
    }

    /// A key may want a passphrase or a touch, a remote its time.
    private static let gitPatience = Duration.seconds(120)

    private func git(
        _ arguments: [String], adding variables: [String: String] = [:]
    ) throws(Failure) -> GitProgram.Outcome {
        try GitProgram(environment: ProcessInfo.processInfo.environment).run(
            ["--git-dir", repository.gitDirectory] + arguments, in: folderOfPaths, adding: variables,
            timeout: Self.gitPatience)
    }

    /// The folder that a remote's relative path is relative to, as in git: the top of the work tree.
    private var folderOfPaths: String {
        let folder = sharedFolder.hasSuffix("/") ? String(sharedFolder.dropLast()) : sharedFolder
        return folder.hasSuffix("/.git") ? String(folder.dropLast("/.git".count)) : folder
    }
}

/// A tree that is written, and how it is to be committed.
private struct AnchorDraft: Sendable {
    let tree: String
    let mustSign: Bool
    /// The author and committer as git's own variables.
    let author: [String: String]
}

// MARK: - With libgit2

extension AnchorBranch {
    private static func tip(of repository: OpaquePointer) throws(GitFailure) -> CommitID? {
        var oid = git_oid()
        let code = git_reference_name_to_id(&oid, repository, ref)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try GitFailure.check(code)
        return CommitID(oid.hex)
    }

    private static func anchorFiles(
        at commit: CommitID, of repository: OpaquePointer
    ) throws(GitFailure) -> [String: [UInt8]] {
        try withTree(of: commit, in: repository) { (tree, _) throws(GitFailure) in
            var files: [String: [UInt8]] = [:]
            for index in 0..<min(git_tree_entrycount(tree), ledgersLimit) {
                guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry),
                    git_tree_entry_type(entry) == GIT_OBJECT_BLOB
                else { continue }
                files[String(cString: name)] = try anchorBytes(of: git_tree_entry_id(entry), in: repository)
            }
            return files
        }
    }

    private static func anchorFile(
        _ file: String, at commit: CommitID, of repository: OpaquePointer
    ) throws(GitFailure) -> (bytes: [UInt8]?, parent: CommitID?) {
        try withTree(of: commit, in: repository) { (tree, object) throws(GitFailure) in
            let parent = git_commit_parent_id(object, 0).flatMap { CommitID($0.pointee.hex) }
            guard let entry = git_tree_entry_byname(tree, file), git_tree_entry_type(entry) == GIT_OBJECT_BLOB else {
                return (nil, parent)
            }
            return (try anchorBytes(of: git_tree_entry_id(entry), in: repository), parent)
        }
    }

    private static func withTree<Value>(
        of commit: CommitID, in repository: OpaquePointer,
        _ body: (OpaquePointer?, OpaquePointer?) throws(GitFailure) -> Value
    ) throws(GitFailure) -> Value {
        guard var oid = git_oid(commit) else { throw GitFailure(code: GIT_ERROR.rawValue, detail: "no commit") }
        var (object, tree): (OpaquePointer?, OpaquePointer?)
        defer {
            git_tree_free(tree)
            git_commit_free(object)
        }
        try GitObjects(repository).requireWhole(&oid)
        try GitFailure.check(git_commit_lookup(&object, repository, &oid))
        try GitObjects(repository).requireWhole(git_commit_tree_id(object))
        try GitFailure.check(git_commit_tree(&tree, object))
        return try body(tree, object)
    }

    private static func anchorBytes(
        of oid: UnsafePointer<git_oid>?, in repository: OpaquePointer
    ) throws(GitFailure) -> [UInt8] {
        try GitObjects(repository).requireWhole(oid)
        var blob: OpaquePointer?
        defer { git_blob_free(blob) }
        try GitFailure.check(git_blob_lookup(&blob, repository, oid))
        let bytes = UnsafeRawBufferPointer(
            start: git_blob_rawcontent(blob), count: Int(clamping: git_blob_rawsize(blob)))
        return Array(bytes.prefix(anchorBytes))
    }

    private static func draft(
        _ file: String, _ bytes: [UInt8], onto parent: CommitID?, in repository: OpaquePointer
    ) throws(GitFailure) -> AnchorDraft {
        var blob = git_oid()
        var treeID = git_oid()
        try GitFailure.check(
            bytes.withUnsafeBytes { git_blob_create_from_buffer(&blob, repository, $0.baseAddress, $0.count) })
        var builder: OpaquePointer?
        defer { git_treebuilder_free(builder) }
        if let parent {
            try withTree(of: parent, in: repository) { (tree, _) throws(GitFailure) in
                try GitFailure.check(git_treebuilder_new(&builder, repository, tree))
            }
        } else {
            try GitFailure.check(git_treebuilder_new(&builder, repository, nil))
        }
        try GitFailure.check(git_treebuilder_insert(nil, builder, file, &blob, GIT_FILEMODE_BLOB))
        try GitFailure.check(git_treebuilder_write(&treeID, builder))
        var signature: UnsafeMutablePointer<git_signature>?
        defer { git_signature_free(signature) }
        try sign(&signature, repository)
        let name = signature?.pointee.name.map { String(cString: $0) } ?? NewRepository.fallbackName
        let email = signature?.pointee.email.map { String(cString: $0) } ?? NewRepository.fallbackEmail
        return AnchorDraft(
            tree: treeID.hex, mustSign: wantsSignature(repository),
            author: [
                "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_NAME": name,
                "GIT_COMMITTER_EMAIL": email,
            ])
    }

    /// The user of git's configuration; guild itself if there is none.
    private static func sign(
        _ signature: inout UnsafeMutablePointer<git_signature>?, _ repository: OpaquePointer
    ) throws(GitFailure) {
        if git_signature_default(&signature, repository) == 0 { return }
        try GitFailure.check(
            git_signature_now(&signature, NewRepository.fallbackName, NewRepository.fallbackEmail))
    }

    private static func wantsSignature(_ repository: OpaquePointer) -> Bool {
        var configuration: OpaquePointer?
        defer { git_config_free(configuration) }
        var isWanted: Int32 = 0
        return git_repository_config_snapshot(&configuration, repository) == 0
            && git_config_get_bool(&isWanted, configuration, "commit.gpgsign") == 0 && isWanted != 0
    }

    private static func write(
        _ draft: AnchorDraft, message: String, onto parent: CommitID?, in repository: OpaquePointer
    ) throws(GitFailure) -> CommitID {
        var treeID = git_oid()
        var id = git_oid()
        try GitFailure.check(git_oid_fromstr(&treeID, draft.tree))
        var tree: OpaquePointer?
        var parents: [OpaquePointer?] = []
        var signature: UnsafeMutablePointer<git_signature>?
        defer {
            git_tree_free(tree)
            for parent in parents { git_commit_free(parent) }
            git_signature_free(signature)
        }
        try GitFailure.check(git_tree_lookup(&tree, repository, &treeID))
        if let parent, var oid = git_oid(parent) {
            var object: OpaquePointer?
            try GitFailure.check(git_commit_lookup(&object, repository, &oid))
            parents.append(object)
        }
        try sign(&signature, repository)
        let code = parents.withUnsafeMutableBufferPointer { parents in
            git_commit_create(
                &id, repository, nil, signature, signature, nil, message, tree, parents.count, parents.baseAddress)
        }
        try GitFailure.check(code)
        guard let commit = CommitID(id.hex) else { throw GitFailure(code: GIT_ERROR.rawValue, detail: "no commit") }
        return commit
    }

    /// - Returns: false if the ref is not `parent` any more; it is then left as it is.
    private static func moveRef(
        from parent: CommitID?, to commit: CommitID, in repository: OpaquePointer
    ) throws(GitFailure) -> Bool {
        guard var new = git_oid(commit) else { return false }
        var reference: OpaquePointer?
        defer { git_reference_free(reference) }
        let code: Int32
        if var old = parent.flatMap({ git_oid($0) }) {
            code = git_reference_create_matching(&reference, repository, ref, &new, 1, &old, "guild: audit anchor")
        } else {
            code = git_reference_create(&reference, repository, ref, &new, 0, "guild: audit anchor")
        }
        if [GIT_EMODIFIED.rawValue, GIT_EEXISTS.rawValue, GIT_ENOTFOUND.rawValue].contains(code) { return false }
        try GitFailure.check(code)
        return true
    }
}
