import CLibGit2
import GuildDomain

/// The commits of a repository: their makers, their order, their changes.
package struct CodexHistory: Sendable {
    private let repository: CodexRepository

    init(of repository: CodexRepository) { self.repository = repository }

    /// Reads a commit's author, time, message and parents.
    package func summary(of commit: CommitID) throws(CodexRepositoryError) -> CommitSummary {
        try repository.attempt { (repository) throws(GitFailure) in try Self.summary(of: commit, in: repository) }
    }

    private static func summary(
        of commit: CommitID, in repository: OpaquePointer
    ) throws(GitFailure) -> CommitSummary {
        guard var oid = git_oid(commit) else {
            throw GitFailure(code: GIT_ENOTFOUND.rawValue, detail: "no such commit")
        }
        let object = try GitObjects(repository).commit(&oid)
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
        let candidates = repository.folderCandidates
        return try repository.attempt { (repository) throws(GitFailure) in
            let objects = GitObjects(repository)
            guard let tree = try objects.rootFolder(at: commit) else { return paths.map { _ in nil } }
            defer { git_tree_free(tree) }
            var found: [BlobID?] = []
            var folder: String?
            for candidate in candidates where folder == nil {
                let marker = candidate.isEmpty ? "guild.yaml" : candidate + "/guild.yaml"
                if try objects.blob(marker, in: tree) != nil { folder = candidate }
            }
            for path in paths {
                guard let folder else {
                    found.append(nil)
                    continue
                }
                found.append(try objects.blob(folder.isEmpty ? path : "\(folder)/\(path)", in: tree))
            }
            return found
        }
    }

    /// Whether `ancestor` is `commit` or one of those before it.
    package func isAncestor(_ ancestor: CommitID, of commit: CommitID) throws(CodexRepositoryError) -> Bool {
        guard ancestor != commit else { return true }
        return try repository.attempt { (repository) throws(GitFailure) in
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
        try repository.attempt { (repository) throws(GitFailure) in
            guard var old = git_oid(commit), var new = git_oid(tip) else { return nil }
            var index: OpaquePointer?
            let reverted = try GitObjects(repository).commit(&old)
            defer { git_commit_free(reverted) }
            let ours = try GitObjects(repository).commit(&new)
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

    /// The commits without a parent that a commit comes from, by their names; none if that cannot be known: its history
    /// is too long to look at, or was cut off by a shallow clone.
    package func roots(of commit: CommitID) throws(CodexRepositoryError) -> [CommitID] {
        let roots = try repository.attempt { (repository) throws(GitFailure) -> [CommitID] in
            var walk: OpaquePointer?
            defer { git_revwalk_free(walk) }
            guard var oid = git_oid(commit), git_repository_is_shallow(repository) == 0 else { return [] }
            try GitObjects(repository).requireWhole(&oid)
            try GitFailure.check(git_revwalk_new(&walk, repository))
            try GitFailure.check(git_revwalk_push(walk, &oid))
            var roots: [CommitID] = []
            for _ in 0..<Self.maximumHistory {
                let code = git_revwalk_next(&oid, walk)
                if code == GIT_ITEROVER.rawValue { return roots }
                try GitFailure.check(code)
                var object: OpaquePointer?
                defer { git_commit_free(object) }
                try GitObjects(repository).requireWhole(&oid)
                try GitFailure.check(git_commit_lookup(&object, repository, &oid))
                if git_commit_parentcount(object) == 0, let root = CommitID(oid.hex) { roots.append(root) }
            }
            return []
        }
        return roots.sorted { $0.hex < $1.hex }
    }

    /// Commits looked at for the roots: some seconds' work, once in a ledger's life.
    private static let maximumHistory = 500_000
}
