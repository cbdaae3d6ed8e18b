package import GuildCodex
import GuildConnectors
package import GuildDomain
package import GuildLedger
import GuildRuntime

/// The codex that the settings name: its repository, and the loader that knows every operation of this build.
package struct CodexAccess: Sendable {
    package let repository: CodexRepository
    package let loader: CodexLoader
    /// Whose commits count; nil takes anybody's.
    package let signers: CommitSigners?
    private let settings: Settings

    /// Every operation there is: the connectors' and the executor's own.
    package static let catalogue = OperationCatalogue(GitHubOperations.all + [ToolBox.codexRead])

    package init(_ settings: Settings) throws {
        let location = try CodexRepository.locate(
            explicit: settings.codex, environment: settings.environment,
            workingDirectory: settings.workingDirectory)
        self.settings = settings
        repository = try CodexRepository(at: location)
        loader = CodexLoader(repository: repository, catalogue: Self.catalogue, logger: settings.logger)
        if settings.readsQuarantine { try repository.readQuarantine(settings.environment) }
        let git = GitProgram(environment: settings.environment, keepsQuarantine: settings.readsQuarantine)
        let opened = repository
        signers = try settings.signers.map {
            try CommitSigners(file: $0, workingDirectory: settings.workingDirectory, repository: opened, git: git)
        }
    }

    /// What the settings name: a revision, as it was said.
    package var revision: String { settings.revision }

    package var usesWorktree: Bool { settings.usesWorktree }

    /// Reads what the settings name, with every problem.
    package func load() throws -> LoadResult {
        guard !settings.usesWorktree else { return try loader.loadWorktree() }
        return try load(try repository.resolve(settings.revision), revision: settings.revision)
    }

    /// Reads a commit, with every problem; that it has no codex at all is one, and that nobody who counts has signed it.
    package func load(_ commit: CommitID, revision: String) throws -> LoadResult {
        let result = try read(commit, revision: revision)
        guard let objection = try signers?.objection(to: commit, in: repository) else { return result }
        return result.refused(objection)
    }

    /// The result, refused where its commit may not come after the one that was accepted last.
    ///
    /// Signatures alone let whoever may push go back to an older signed commit, and so undo what was taken away since.
    package func judged(_ result: LoadResult, after accepted: CommitID?) -> LoadResult {
        guard signers != nil, let accepted, let commit = CommitID(result.commit) else { return result }
        // Commits that cannot be compared are not known to go forward.
        guard (try? repository.isAncestor(accepted, of: commit)) != true else { return result }
        return result.refused(
            "the commit does not come after \(accepted.short), which was accepted: with --signers history goes forward")
    }

    private func read(_ commit: CommitID, revision: String) throws -> LoadResult {
        do throws(CodexRepositoryError) {
            return try loader.load(commit, revision: revision)
        } catch {
            guard case .notACodex = error else { throw error }
            return LoadResult(refusing: commit, revision: revision, reason: "\(error.message); \(error.hint ?? "")")
        }
    }

    /// The snapshot to run on.
    ///
    /// - Throws: `CodexInvalid` with every reason where it has errors.
    package func snapshot() throws -> CodexSnapshot { try load().get() }

    /// The snapshot as the head of a process, which finds older commits in the same repository.
    package func current() throws -> CurrentCodex {
        current(at: try snapshot())
    }

    /// As `current`, beginning with a snapshot that is at hand.
    package func current(at head: CodexSnapshot) -> CurrentCodex {
        CurrentCodex(head) { [self] commit in
            guard let id = CommitID(commit) else {
                throw Failure(
                    .unavailable, "the uncommitted files \(commit) are not at hand any more",
                    hint: "commit the codex; only commits can be resumed")
            }
            return try retrying { _ in try load(id, revision: id.short) }.get()
        }
    }

    /// The ledger that belongs to this codex, unless the settings name another.
    package func ledgerLocation() throws -> LedgerLocation {
        if let url = settings.ledger ?? settings.environment["GUILD_LEDGER"] {
            return try LedgerLocation(url: url, workingDirectory: settings.workingDirectory)
        }
        return .standard(repositoryPath: repository.place, environment: settings.environment)
    }
}
