import CLibGit2
package import GuildDomain

/// A commit's description of itself.
package struct CommitSummary: Sendable, Hashable {
    /// The commit itself.
    package let commit: CommitID
    /// Its parents, in git's order; none for a root commit.
    package let parents: [CommitID]
    /// When it was committed.
    package let at: Timestamp
    /// The author as `NAME <EMAIL>`.
    package let author: String
    /// The first line of its message.
    package let summary: String
}

extension CodexRepository {
    /// Reads a commit's author, time, message and parents.
    package func summary(of commit: CommitID) throws(CodexRepositoryError) -> CommitSummary {
        try attempt { (repository) throws(GitFailure) in try Self.summary(of: commit, in: repository) }
    }

    private static func summary(
        of commit: CommitID, in repository: OpaquePointer
    ) throws(GitFailure) -> CommitSummary {
        guard var oid = git_oid(commit) else {
            throw GitFailure(code: GIT_ENOTFOUND.rawValue, detail: "no such commit")
        }
        let object = try lookUp(&oid, in: repository)
        defer { git_commit_free(object) }
        let parents = (0..<git_commit_parentcount(object)).compactMap { number in
            git_commit_parent_id(object, number).flatMap { CommitID($0.pointee.hex) }
        }
        let author = git_commit_author(object)?.pointee.name.map { String(cString: $0) } ?? ""
        return CommitSummary(
            commit: commit, parents: parents, at: Timestamp(seconds: git_commit_time(object)), author: author,
            summary: git_commit_summary(object).map { String(cString: $0) } ?? "")
    }

    /// Git's names of some files of the codex at a commit; nil for one that is not there.
    package func blobs(of paths: [String], at commit: CommitID) throws(CodexRepositoryError) -> [BlobID?] {
        let candidates = folderCandidates
        return try attempt { (repository) throws(GitFailure) in
            guard var oid = git_oid(commit) else { return paths.map { _ in nil } }
            let object = try Self.lookUp(&oid, in: repository)
            defer { git_commit_free(object) }
            let tree = try Self.rootFolder(of: object, in: repository)
            defer { git_tree_free(tree) }
            var found: [BlobID?] = []
            var folder: String?
            for candidate in candidates where folder == nil {
                let marker = candidate.isEmpty ? "guild.yaml" : candidate + "/guild.yaml"
                if try Self.blob(marker, in: tree, of: repository) != nil { folder = candidate }
            }
            for path in paths {
                guard let folder else {
                    found.append(nil)
                    continue
                }
                found.append(try Self.blob(folder.isEmpty ? path : "\(folder)/\(path)", in: tree, of: repository))
            }
            return found
        }
    }

    private static func blob(
        _ path: String, in tree: OpaquePointer?, of repository: OpaquePointer
    ) throws(GitFailure) -> BlobID? {
        try requireWholeFolders(above: path, in: tree, of: repository)
        var entry: OpaquePointer?
        defer { git_tree_entry_free(entry) }
        let code = git_tree_entry_bypath(&entry, tree, path)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try GitFailure.check(code)
        return git_tree_entry_id(entry)?.pointee.blob
    }

    /// Whether `ancestor` is `commit` or one of those before it.
    package func isAncestor(_ ancestor: CommitID, of commit: CommitID) throws(CodexRepositoryError) -> Bool {
        guard ancestor != commit else { return true }
        return try attempt { (repository) throws(GitFailure) in
            guard var old = git_oid(ancestor), var new = git_oid(commit) else { return false }
            let answer = git_graph_descendant_of(repository, &new, &old)
            try GitFailure.check(answer)
            return answer == 1
        }
    }

    /// The tree that `git revert` of a commit makes on top of another, written to the repository; no ref, index or file
    /// is touched, so that it works in a bare repository too.
    ///
    /// - Returns: the tree's name; nil if the two cannot be reconciled.
    package func revertedTree(
        of commit: CommitID, on tip: CommitID
    ) throws(CodexRepositoryError) -> (tree: String, isChange: Bool)? {
        try attempt { (repository) throws(GitFailure) in
            guard var old = git_oid(commit), var new = git_oid(tip) else { return nil }
            var index: OpaquePointer?
            let reverted = try Self.lookUp(&old, in: repository)
            defer { git_commit_free(reverted) }
            let ours = try Self.lookUp(&new, in: repository)
            defer {
                git_index_free(index)
                git_commit_free(ours)
            }
            // For a merge, the changes that it brought to the branch.
            let mainline: UInt32 = git_commit_parentcount(reverted) > 1 ? 1 : 0
            try GitFailure.check(git_revert_commit(&index, repository, reverted, ours, mainline, nil))
            guard git_index_has_conflicts(index) == 0 else { return nil }
            var oid = git_oid()
            try GitFailure.check(git_index_write_tree_to(&oid, index, repository))
            let isChange = git_commit_tree_id(ours).map { $0.pointee.hex != oid.hex } ?? true
            return (oid.hex, isChange)
        }
    }
}
