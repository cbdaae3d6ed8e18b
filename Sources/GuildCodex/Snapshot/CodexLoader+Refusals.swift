import GuildDomain

extension CodexLoader {
    /// Loads a commit, with every problem; that it has no codex at all is one, and that nobody who counts has signed it.
    ///
    /// The signature is asked first: of a commit by somebody who does not count nothing is read.
    ///
    /// - Parameters:
    ///   - revision: what messages call it.
    ///   - signers: whose commits count; nil takes anybody's.
    /// - Throws: only if the repository cannot be read.
    package func load(
        _ commit: CommitID, revision: String, signers: CommitSigners?, deadline: LoadDeadline? = nil
    ) throws -> LoadResult {
        if let objection = try signers?.objection(to: commit, in: repository) {
            return LoadResult(refusing: commit, revision: revision, reason: objection)
        }
        do throws(CodexRepositoryError) {
            return try load(commit, revision: revision, deadline: deadline)
        } catch {
            // What is wrong with the commit, and not with the repository, is a reason to refuse it.
            guard error.kind == .invalidCodex else { throw error }
            return LoadResult(refusing: commit, revision: revision, reason: "\(error.message); \(error.hint ?? "")")
        }
    }
}
