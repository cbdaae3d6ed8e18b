import Foundation
import GuildDomain

/// Reverts a commit with another one, as `git revert` does: history is never rewritten.
///
///     tree of the revert ─▶ commit, on no branch ─▶ validated ─▶ files, if the branch is checked out ─▶ branch
///
/// Nothing is visible until the last step, which fails if the branch has moved meanwhile.
package struct Rollback: Sendable {
    /// The new commit.
    package struct Outcome: Sendable {
        /// The new commit.
        package let commit: CommitID
        /// The reverted commit.
        package let reverted: CommitSummary
        /// The branch that now ends in the new commit.
        package let reference: String
    }

    private let repository: CodexRepository
    /// The branch, as a person names it.
    private let branch: String
    private let loader: CodexLoader
    private let signers: CommitSigners?
    private let git: GitProgram
    private let isSigning: Bool

    /// - Parameters:
    ///   - branch: the revision whose branch gets the commit.
    ///   - signers: whose commits count; nil takes anybody's.
    package init(
        on branch: String, in repository: CodexRepository, loader: CodexLoader, signers: CommitSigners?, git: GitProgram
    ) throws {
        self.repository = repository
        self.branch = branch
        self.loader = loader
        self.signers = signers
        self.git = git
        isSigning =
            try repository.configuration("commit.gpgsign").map {
                ["true", "yes", "on", "1"].contains($0.lowercased())
            } ?? false
    }

    /// - Parameter revision: the commit to revert; nil means the newest.
    /// - Throws: `Failure` of kind `.usage` if there is no branch, or the commit is not on it, does not revert cleanly
    ///   or changed nothing; `.refused` if files or index have changes; `CodexInvalid` if the result would be invalid.
    package func run(_ revision: String?) throws -> Outcome {
        guard let reference = try repository.references.served(branch), reference.name.hasPrefix("refs/heads/")
        else {
            throw Failure(
                .usage, "\(branch) is not a branch, so it can take no commit", hint: "name one with --rev")
        }
        let tip = try repository.resolve(reference.name)
        let commit = try revision.map { try repository.resolve($0) } ?? tip
        guard try repository.history.isAncestor(commit, of: tip) else {
            throw Failure(
                .usage, "commit \(commit.short) is not on \(reference.name)", hint: "`git log` lists its commits")
        }
        if reference.isCheckedOut { try requireClean() }
        let reverted = try repository.history.summary(of: commit)
        guard let (tree, isChange) = try repository.history.revertedTree(of: commit, on: tip) else {
            throw Failure(
                .usage, "commit \(commit.short) cannot be reverted: later commits changed the same lines",
                hint: "revert it by hand with `git revert`, or revert the later ones first")
        }
        guard isChange else {
            throw Failure(.usage, "commit \(commit.short) is already reverted", hint: "name another commit")
        }
        let made = try self.commit(tree, on: tip, reverting: reverted)
        try requireValid(made, without: reverted)
        try publish(made, after: tip, reference)
        return Outcome(commit: made, reverted: reverted, reference: reference.name)
    }

    private func requireClean() throws {
        let status = try git.run(
            ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"], in: repository.place)
        guard status.status == 0 else { throw failure("look at the files", status) }
        guard status.output.isEmpty else {
            let first = status.output.split(separator: "\n").prefix(3).map { $0.trimmingCharacters(in: .whitespaces) }
            throw Failure(
                .refused, "\(repository.place) has uncommitted changes: \(first.joined(separator: ", "))",
                hint: "commit or stash them first")
        }
    }

    private func requireValid(_ made: CommitID, without reverted: CommitSummary) throws {
        let result = try loader.load(
            made, revision: "the rollback of \(reverted.commit.short)", signers: signers)
        guard result.snapshot == nil else { return }
        let errors = result.problems.filter { $0.severity == .error }
        let shown = errors.prefix(Self.shownErrors).map { "\n  \($0.text)" }.joined()
        let rest = errors.count > Self.shownErrors ? "\n  and \(errors.count - Self.shownErrors) more" : ""
        throw Failure(
            .invalidCodex,
            "without commit \(reverted.commit.short) the codex would be invalid\(shown)\(rest)",
            hint: "nothing was changed; `git log` lists the commits; perhaps revert an earlier one")
    }

    private static let shownErrors = 20

    private func commit(_ tree: String, on tip: CommitID, reverting: CommitSummary) throws -> CommitID {
        let message = "Revert \"\(reverting.summary)\"\n\nThis reverts commit \(reverting.commit.hex).\n"
        // Git signs if its configuration says so; commit-tree needs to be told explicitly.
        let arguments = ["commit-tree", tree, "-p", tip.hex, "-m", message] + (isSigning ? ["-S"] : [])
        var made = try git.run(arguments, in: repository.gitDirectory)
        if made.status != 0,
            try git.run(["var", "GIT_COMMITTER_IDENT"], in: repository.gitDirectory).status != 0
        {
            // As `guild init` does if git has no user.
            let person = [("NAME", NewRepository.fallbackName), ("EMAIL", NewRepository.fallbackEmail)].flatMap {
                [("GIT_AUTHOR_" + $0, $1), ("GIT_COMMITTER_" + $0, $1)]
            }
            made = try git.run(
                arguments, in: repository.gitDirectory,
                adding: Dictionary(uniqueKeysWithValues: person))
        }
        let name = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard made.status == 0, let commit = CommitID(name) else { throw failure("make the commit", made) }
        return commit
    }

    private func publish(_ made: CommitID, after tip: CommitID, _ reference: ServedReference) throws {
        let place = repository.place
        if reference.isCheckedOut {
            // Refuses to touch a file that is not as it was committed.
            let files = try git.run(["read-tree", "-m", "-u", tip.hex, made.hex], in: place)
            guard files.status == 0 else { throw failure("update the files", files) }
        }
        let moved = try git.run(
            ["update-ref", "-m", "guild registry rollback", reference.name, made.hex, tip.hex],
            in: repository.gitDirectory)
        guard moved.status != 0 else { return }
        if reference.isCheckedOut { _ = try git.run(["read-tree", "-m", "-u", made.hex, tip.hex], in: place) }
        throw failure("move \(reference.name)", moved)
    }

    private func failure(_ what: String, _ outcome: GitProgram.Outcome) -> Failure {
        Failure(
            .unavailable, "git cannot \(what): \(outcome.reason)",
            hint: "run `git status` in \(repository.place)")
    }
}
