import CLibGit2
import Foundation

/// The commits that are kept for unfinished work, by refs of guild's own.
package struct PinnedCommits: Sendable {
    private let repository: CodexRepository

    init(of repository: CodexRepository) { self.repository = repository }

    /// Keeps a commit and all it names from garbage collection, by the ref `refs/guild/commits/OID`. Repeating is safe.
    package func add(_ commit: CommitID) throws(CodexRepositoryError) {
        try removeDeadLock(of: Self.name(commit))
        try repository.attempt { (repository) throws(GitFailure) in
            guard var oid = git_oid(commit) else { return }
            var reference: OpaquePointer?
            defer { git_reference_free(reference) }
            try GitFailure.check(
                Self.outlastingLock { git_reference_create(&reference, repository, Self.name(commit), &oid, 1, nil) }
            )
        }
    }

    /// Tries again while another process of ours changes the same ref, which takes almost no time.
    private static func outlastingLock(_ body: () -> Int32) -> Int32 {
        for _ in 1..<GitLock.tries {
            let code = body()
            guard code == GIT_ELOCKED.rawValue else { return code }
            usleep(GitLock.pauseMicroseconds)
        }
        return body()
    }

    /// Releases a pinned commit; releasing one that is not pinned is not an error.
    package func remove(_ commit: CommitID) throws(CodexRepositoryError) {
        try removeDeadLock(of: Self.name(commit))
        try repository.attempt { (repository) throws(GitFailure) in
            let code = Self.outlastingLock { git_reference_remove(repository, Self.name(commit)) }
            if code != GIT_ENOTFOUND.rawValue { try GitFailure.check(code) }
        }
    }

    /// A process that was killed in the middle of a change leaves the lock of its ref. Only guild changes refs below
    /// `refs/guild/`, and it holds the lock only for an instant.
    private func removeDeadLock(of name: String) throws(CodexRepositoryError) {
        let path = try repository.commonDirectory() + "/" + name + ".lock"
        var status = stat()
        guard stat(path, &status) == 0, time(nil) - status.st_mtim.tv_sec > Self.lockSeconds else { return }
        unlink(path)
    }

    /// No change of one ref takes this long.
    private static let lockSeconds = 60

    /// Every pinned commit, in no order.
    package func all() throws(CodexRepositoryError) -> [CommitID] {
        try repository.attempt { (repository) throws(GitFailure) in
            try CodexReferences.names(matching: Self.prefix + "*", in: repository).compactMap {
                CommitID(String($0.dropFirst(Self.prefix.count)))
            }
        }
    }

    private static let prefix = "refs/guild/commits/"

    private static func name(_ commit: CommitID) -> String { prefix + commit.hex }
}
